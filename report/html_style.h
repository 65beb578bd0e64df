#pragma once

namespace dst_load::report {

/// The page's style sheet: light and dark by what the reader prefers, no network, fit for printing.
inline constexpr const char* kStyle = R"css(
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --ink: #1a1d21; --soft: #5c6470; --rule: #e1e4e8;
  --grid: #e9ebee; --mark: #a3aab4; --destination: #1f6fd1; --end-to-end: #d9480f; --kubernetes: #0b8a6b;
  --truth: #1a1d21; --pass: #116c3b; --pass-back: #dcf3e4; --fail: #a8161f; --fail-back: #fde4e4; --unsure: #7a4f00;
  --unsure-back: #fdf0d0; }
@media (prefers-color-scheme: dark) { :root { --page: #111418; --card: #1a1e24; --ink: #e8eaed; --soft: #a0a8b4;
  --rule: #2e343d; --grid: #262c34; --mark: #69727f; --destination: #62a8f5; --end-to-end: #ff8f4f;
  --kubernetes: #3ecfa5; --truth: #e8eaed; --pass: #7be0a3; --pass-back: #12341f; --fail: #ff9c9c;
  --fail-back: #47181b; --unsure: #f2c96b; --unsure-back: #3d2f0c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 28px 20px 48px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0; font-weight: 650; overflow-wrap: anywhere; }
h1 small { font-weight: 400; color: var(--soft); }
h2 { font-size: 17px; margin: 0 0 10px; font-weight: 650; }
h3 { font-size: 15px; margin: 0; font-weight: 650; }
header { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; }
header p { flex-basis: 100%; margin: 0; color: var(--soft); overflow-wrap: anywhere; }
.badge { display: inline-block; border-radius: 99px; padding: 1px 11px; font-weight: 600; font-size: 14px;
  white-space: nowrap; }
.Pass { color: var(--pass); background: var(--pass-back); }
.Fail { color: var(--fail); background: var(--fail-back); }
.Inconclusive { color: var(--unsure); background: var(--unsure-back); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 20px 0; }
.tile, section, figure { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; }
.tile { padding: 12px 16px; }
.tile b { display: block; font-size: 22px; line-height: 1.3; font-weight: 650; }
.tile span { color: var(--soft); font-size: 13px; }
.grid { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px; margin: 16px 0; }
.wide { grid-column: 1 / -1; }
figure, section { margin: 0; padding: 16px 18px; min-width: 0; }
section { overflow-x: auto; }
.unit, .note, .notes li, .none { color: var(--soft); font-size: 13px; margin: 0; }
.note { margin-top: 2px; }
.notes { margin: 10px 0 0; padding-left: 18px; overflow-wrap: anywhere; }
.none { padding: 44px 0; text-align: center; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 6px 0 0; padding: 0; font-size: 13px; }
.legend svg { vertical-align: -1px; margin-right: 6px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; color: var(--soft); }
th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
tr:last-child td, tr:last-child th { border-bottom: 0; }
td { overflow-wrap: anywhere; }
table.numbers :is(td, th):not(:first-child) { text-align: right; white-space: nowrap; padding-right: 0;
  padding-left: 14px; }
tr.bad td { color: var(--fail); font-weight: 600; }
figure { display: flex; flex-direction: column; }
svg.plot { display: block; width: 100%; height: auto; margin-top: auto; padding-top: 8px; }
svg text { font: 11.5px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--soft); }
line.grid { stroke: var(--grid); }
line.axis { stroke: var(--mark); }
line.mark { stroke: var(--mark); stroke-dasharray: 2 3; }
line.minor { opacity: .45; }
path.line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
path.area { fill: currentColor; opacity: .14; }
path.half { stroke-dasharray: 4 4; }
path.kubernetes { stroke-dasharray: 9 5; }
path.truth { stroke-width: 1.5; stroke-dasharray: 5 4; }
path.held { stroke-width: 3; }
.destination, .held { color: var(--destination); }
.end-to-end { color: var(--end-to-end); }
.kubernetes { color: var(--kubernetes); }
.truth { color: var(--truth); }
rect.strip { fill: transparent; }
rect.strip:hover { fill: var(--ink); opacity: .07; }
footer { color: var(--soft); font-size: 13px; margin-top: 22px; overflow-wrap: anywhere; }
@media (max-width: 860px) { .grid { grid-template-columns: minmax(0, 1fr); } figure.wide { overflow-x: auto; }
  figure.wide svg.plot { width: 820px; } }
@media print { body { background: none; } section, figure, .tile { break-inside: avoid; } }
)css";

}  // namespace dst_load::report
