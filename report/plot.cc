#include "report/plot.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/markup.h"

namespace dst_load::report {
namespace {

constexpr double kCharacter = 6.4;  // of the labels' font, about

/// Where things are on one drawing.
struct Frame {
  const Plot& plot;
  double width, height, left = 64, right = 28, top = 24, bottom = 44;

  double X(double value) const { return left + plot.x.Share(value) * (width - left - right); }
  double Y(double value) const { return height - bottom - plot.y.Share(value) * (height - top - bottom); }
  double Floor() const { return height - bottom; }
  double End() const { return width - right; }
};

bool HasPoints(const Plot& plot) {
  return std::any_of(plot.lines.begin(), plot.lines.end(), [](const Line& line) {
    return std::any_of(line.points.begin(), line.points.end(), [](const auto& point) { return point.has_value(); });
  });
}

void DrawAxes(const Frame& frame, std::string& svg) {
  for (const Tick& tick : frame.plot.y.ticks) {
    const double y = frame.Y(tick.at);
    svg += fmt::format("<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", frame.left,
                       frame.End(), y, y);
    svg += fmt::format("<text class=\"tick\" text-anchor=\"end\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", frame.left - 8,
                       y + 4, EscapeMarkup(tick.label));
  }
  double free_from = 0;  // labels must not touch
  for (const Tick& tick : frame.plot.x.ticks) {
    const double x = frame.X(tick.at);
    svg += fmt::format("<line class=\"axis\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>", x,
                       frame.Floor(), frame.Floor() + 4);
    const double half = static_cast<double>(tick.label.size()) * kCharacter / 2;
    if (x - half < free_from) continue;
    free_from = x + half + 8;
    svg += fmt::format("<text class=\"tick\" text-anchor=\"middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", x,
                       frame.Floor() + 18, EscapeMarkup(tick.label));
  }
  svg += fmt::format("<line class=\"axis\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", frame.left,
                     frame.End(), frame.Floor(), frame.Floor());
  svg += fmt::format("<text class=\"title\" text-anchor=\"middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
                     (frame.left + frame.End()) / 2, frame.height - 6, EscapeMarkup(frame.plot.x.title));
}

/// More than this many lines would hide the data.
constexpr std::size_t kMostMarks = 60;

/// The marks on the plot: without the minor ones when all are too many, none when the others are still.
std::vector<PlotMark> ShownMarks(const Plot& plot) {
  std::vector<PlotMark> all, major;
  for (const PlotMark& mark : plot.marks) {
    if (mark.x < plot.x.low || mark.x > plot.x.high) continue;
    all.push_back(mark);
    if (!mark.minor) major.push_back(mark);
  }
  if (all.size() <= kMostMarks) return all;
  return major.size() <= kMostMarks ? major : std::vector<PlotMark>{};
}

/// Major ones first; lines at least a few pixels apart, labels where they touch no other.
void DrawMarks(const Frame& frame, std::string& svg) {
  constexpr double kApart = 4;
  std::vector<double> lines;
  std::vector<std::pair<double, double>> labels;
  const auto draw = [&](const PlotMark& mark) {
    const double x = frame.X(mark.x);
    if (std::any_of(lines.begin(), lines.end(), [&](double other) { return std::abs(other - x) < kApart; })) return;
    lines.push_back(x);
    svg += fmt::format("<line class=\"mark{0}\" x1=\"{1:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{3:.1f}\"/>",
                       mark.minor ? " minor" : "", x, frame.top, frame.Floor());
    const double from = x - 2, to = x + static_cast<double>(mark.label.size()) * kCharacter + 6;
    const bool touches =
        std::any_of(labels.begin(), labels.end(), [&](const auto& l) { return from < l.second && to > l.first; });
    if (touches || to > frame.width) return;
    labels.emplace_back(from, to);
    svg += fmt::format("<text class=\"mark\" x=\"{:.1f}\" y=\"{:.1f}\"><title>{}</title>{}</text>", x, frame.top - 6,
                       EscapeMarkup(mark.title), EscapeMarkup(mark.label));
  };
  const std::vector<PlotMark> marks = ShownMarks(frame.plot);
  for (const bool minor : {false, true}) {
    for (const PlotMark& mark : marks) {
      if (mark.minor == minor) draw(mark);
    }
  }
}

void DrawLine(const Frame& frame, const Line& line, std::string& svg) {
  std::string path, fill;
  std::optional<double> started, last;
  const auto close = [&] {
    if (started && line.area)
      fill += fmt::format("L{:.1f} {:.1f}L{:.1f} {:.1f}Z", *last, frame.Floor(), *started, frame.Floor());
    // A point without neighbours is a dot: round caps make it one.
    if (started && started == last) path += "h0.01";
    started = last = std::nullopt;
  };
  for (const auto& point : line.points) {
    if (!point) {
      close();
      continue;
    }
    const double x = frame.X(point->x);
    const std::string step = fmt::format("{}{:.1f} {:.1f}", started ? "L" : "M", x, frame.Y(point->y));
    path += step;
    if (line.area) fill += step;
    if (!started) started = x;
    last = x;
  }
  close();
  if (line.area) svg += fmt::format("<path class=\"area {}\" d=\"{}\"/>", EscapeMarkup(line.style), fill);
  svg += fmt::format("<path class=\"line {}\" d=\"{}\"/>", EscapeMarkup(line.style), path);
}

void DrawStrips(const Frame& frame, std::string& svg) {
  for (const HoverStrip& strip : frame.plot.strips) {
    const double from = frame.X(strip.from), to = frame.X(strip.to);
    if (to <= from) continue;
    svg += fmt::format(
        "<rect class=\"strip\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"><title>{}</title></rect>",
        from, frame.top, to - from, frame.Floor() - frame.top, EscapeMarkup(strip.title));
  }
}

std::string Legend(const Plot& plot) {
  if (plot.lines.size() < 2) return {};
  std::string legend = "<ul class=\"legend\">";
  for (const Line& line : plot.lines) {
    legend += fmt::format(
        "<li><svg width=\"26\" height=\"10\" aria-hidden=\"true\"><path class=\"line {}\" d=\"M2 5H24\"/></svg>{}</li>",
        EscapeMarkup(line.style), EscapeMarkup(line.label));
  }
  return legend + "</ul>";
}

std::string Drawing(const Plot& plot) {
  const Frame frame{plot, plot.wide ? 1120.0 : 548.0, plot.wide ? 320.0 : 260.0};
  std::string svg = fmt::format("<svg class=\"plot\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
                                frame.width, frame.height, EscapeMarkup(plot.title + ", " + plot.y.title));
  DrawAxes(frame, svg);
  DrawMarks(frame, svg);
  for (const Line& line : plot.lines) DrawLine(frame, line, svg);
  DrawStrips(frame, svg);
  return svg + "</svg>";
}

}  // namespace

std::string DrawPlot(const Plot& plot) {
  std::string figure =
      fmt::format("<figure{}><figcaption><h3>{}</h3>", plot.wide ? " class=\"wide\"" : "", EscapeMarkup(plot.title));
  figure += fmt::format("<p class=\"unit\">{}</p>", EscapeMarkup(plot.y.title));
  if (!HasPoints(plot)) {
    return figure + fmt::format("</figcaption><p class=\"none\">{}</p></figure>\n", EscapeMarkup(plot.none));
  }
  if (!plot.note.empty()) figure += fmt::format("<p class=\"note\">{}</p>", EscapeMarkup(plot.note));
  if (plot.marks.size() > kMostMarks && ShownMarks(plot).empty()) {
    figure += fmt::format("<p class=\"note\">Its {} steps are too many to be marked.</p>", plot.marks.size());
  }
  figure += Legend(plot) + "</figcaption>" + Drawing(plot) + "</figure>\n";
  return figure;
}

}  // namespace dst_load::report
