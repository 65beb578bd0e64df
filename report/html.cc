#include "report/html.h"

#include <numeric>

#include <fmt/format.h>

#include "report/figure_text.h"
#include "report/html_plots.h"
#include "report/html_style.h"
#include "report/markup.h"
#include "report/tables.h"

namespace dst_load::report {
namespace {

/// The outcome as a coloured word, told apart without the colour, too.
std::string Badge(measure::Outcome outcome) {
  const char* sign = outcome == measure::Outcome::kPass ? "✓" : outcome == measure::Outcome::kFail ? "✗" : "?";
  return fmt::format("<span class=\"badge {0}\">{1} {0}</span>", measure::OutcomeName(outcome), sign);
}

std::string Header(const Report& report) {
  const auto& facts = report.facts;
  std::string text =
      fmt::format("<header><h1><small>{}/</small>{}</h1>{}<p>{}</p>", EscapeMarkup(facts.ns), EscapeMarkup(facts.name),
                  Badge(report.verdict.outcome), EscapeMarkup(report.verdict.reason + ": " + report.verdict.message));
  if (const std::string omitted = OmittedText(report); !omitted.empty()) {
    text += fmt::format("<p>{}</p>", EscapeMarkup(omitted));
  }
  return text + "</header>\n";
}

std::string Tiles(const Report& report) {
  std::string text = "<div class=\"tiles\">";
  const auto add = [&](std::string_view value, std::string_view name) {
    text += fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>", EscapeMarkup(value), EscapeMarkup(name));
  };
  const auto& violations = report.run.clients.violations;
  add(SpanText(report.total.end_to_end.Quantile(0.99)), "endToEnd p99");
  add(SpanText(report.total.destination.Quantile(0.99)), "destination p99");
  add(CountText(report.total.credited), "updates learned");
  add(CountText(report.total.missing), "updates missing");
  add(CountText(std::accumulate(violations.begin(), violations.end(), std::uint64_t{0})), "invariant violations");
  add(CountText(report.run.facts.streams_peak),
      fmt::format("of {} streams", CountText(report.run.facts.streams_expected)));
  return text + "</div>\n";
}

std::string Row(const std::vector<std::string>& cells, const char* tag, const char* first_tag) {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    text += fmt::format("<{0}>{1}</{0}>", i == 0 ? first_tag : tag, EscapeMarkup(cells[i]));
  }
  return text;
}

std::string Notes(const Table& table) {
  if (table.notes.empty()) return {};
  std::string text = "<ul class=\"notes\">";
  for (const auto& note : table.notes) text += fmt::format("<li>{}</li>", EscapeMarkup(note));
  return text + "</ul>";
}

std::string Section(const Table& table, std::string_view body, bool wide) {
  return fmt::format("<section{}><h2>{}</h2><table{}>{}</table>{}</section>\n", wide ? " class=\"wide\"" : "",
                     EscapeMarkup(table.title), table.numbers ? " class=\"numbers\"" : "", body, Notes(table));
}

/// Nothing for a table that says nothing.
std::string Tabular(const Table& table, bool wide = false) {
  if (table.rows.empty() && table.notes.empty()) return {};
  std::string body;
  if (!table.head.empty() && !table.rows.empty()) body += "<tr>" + Row(table.head, "th", "th") + "</tr>";
  const char* first = table.head.empty() ? "th" : "td";
  for (const auto& row : table.rows) body += "<tr>" + Row(row, "td", first) + "</tr>";
  return Section(table, body, wide);
}

std::string Criteria(const Report& report) {
  Table table = CriteriaTable(report);
  std::string body = "<tr>" + Row(table.head, "th", "th") + "</tr>";
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    table.rows[i].pop_back();
    body += "<tr>" + Row(table.rows[i], "td", "td") + "<td>" + Badge(report.verdict.criteria[i].result) + "</td></tr>";
  }
  if (table.rows.empty()) table.notes.emplace_back("No criteria were given.");
  return Section(table, body, true);
}

std::string Invariants(const Report& report) {
  const Table table = ViolationsTable(report);
  std::string body = "<tr>" + Row(table.head, "th", "th") + "</tr>";
  for (const auto& row : table.rows) {
    body += fmt::format("<tr{}>{}</tr>", row.back() == "0" ? "" : " class=\"bad\"", Row(row, "td", "td"));
  }
  return Section(table, body, false);
}

/// Names what is not plotted since the destination did not tell it.
std::string AbsentPlots(const Report& report) {
  using measure::DestinationMetrics;
  const auto& metrics = report.run.churn.destination;
  std::string names;
  for (const auto name : {DestinationMetrics::kMemory, DestinationMetrics::kCpu}) {
    if (metrics.Find(name) == nullptr) names += (names.empty() ? "" : " and ") + FigureTitle(name);
  }
  if (names.empty()) return {};
  return fmt::format("<p class=\"note wide\">No plot of the destination service&#39;s {}: {}.</p>\n", names,
                     metrics.asked ? "its metrics do not hold it" : "no URL of its metrics was given");
}

std::string Plots(const Report& report) {
  std::string text = "<div class=\"grid\">\n";
  for (const Plot& plot : PlotsOf(report)) text += DrawPlot(plot);
  text += AbsentPlots(report) + "</div>\n";
  return text;
}

}  // namespace

std::string RenderHtml(const Report& report) {
  const auto& facts = report.facts;
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/><title>{}/{}: {}</title>"
      "<style>{}</style></head><body><main>\n",
      EscapeMarkup(facts.ns), EscapeMarkup(facts.name), measure::OutcomeName(report.verdict.outcome), kStyle);
  page += Header(report) + Tiles(report);
  page += "<div class=\"grid\">" + Criteria(report) + "</div>\n";
  page += Plots(report);
  page += "<div class=\"grid\">\n" + Tabular(LegsTable(report), true) + Tabular(ServicesTable(report), true) +
          Invariants(report) + Tabular(CountsTable(report)) + Tabular(EndingsTable(report)) +
          Tabular(DestinationTable(report)) + Tabular(FactsTable(report)) + Tabular(SettingsTable(report)) +
          Tabular(WorkersTable(report), true) + Tabular(CalibrationTable(report), true) + "</div>\n";
  page += fmt::format("<footer>dst-load {}, run {}, schema {}</footer></main></body></html>\n",
                      EscapeMarkup(facts.version), EscapeMarkup(facts.run_id), kSchema);
  return page;
}

}  // namespace dst_load::report
