#include "report/text.h"

#include <algorithm>

#include <fmt/format.h>

#include "report/tables.h"

namespace dst_load::report {
namespace {

/// Names come from users and from servers: nothing of them may steer a terminal or break a line.
std::string Plain(const std::string& text) {
  std::string out = text;
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return out;
}

std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::vector<std::size_t> Widths(const Table& table) {
  std::vector<std::size_t> widths;
  const auto widen = [&](const std::vector<std::string>& row) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  };
  widen(table.head);
  for (const auto& row : table.rows) widen(row);
  return widths;
}

void AddRow(const std::vector<std::string>& row, const std::vector<std::size_t>& widths, bool numbers,
            std::string& out) {
  std::string line = " ";
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string pad(widths[i] - Width(row[i]), ' ');
    line += " ";
    line += numbers && i > 0 ? pad + Plain(row[i]) : Plain(row[i]) + pad;
    line += " ";
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
}

void AddTable(const Table& table, std::string& out) {
  if (table.rows.empty() && table.notes.empty()) return;
  out += "\n" + table.title + "\n";
  const auto widths = Widths(table);
  if (!table.head.empty() && !table.rows.empty()) AddRow(table.head, widths, table.numbers, out);
  for (const auto& row : table.rows) AddRow(row, widths, table.numbers, out);
  for (const auto& note : table.notes) out += "  " + Plain(note) + "\n";
}

}  // namespace

std::string RenderText(const Report& report) {
  const auto& verdict = report.verdict;
  std::string out = fmt::format("{}/{}: {}\n", Plain(report.facts.ns), Plain(report.facts.name),
                                measure::OutcomeName(verdict.outcome));
  out += fmt::format("{}: {}\n", Plain(verdict.reason), Plain(verdict.message));
  for (const Table& table :
       {CriteriaTable(report), LegsTable(report), ServicesTable(report), CountsTable(report), ViolationsTable(report),
        EndingsTable(report), DestinationTable(report), WorkersTable(report), FactsTable(report), SettingsTable(report),
        CalibrationTable(report)}) {
    AddTable(table, out);
  }
  if (const std::string omitted = OmittedText(report); !omitted.empty()) out += "\n" + omitted + "\n";
  return out;
}

}  // namespace dst_load::report
