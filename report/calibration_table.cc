#include <cmath>

#include <fmt/format.h>

#include "report/figure_text.h"
#include "report/json.h"
#include "report/tables.h"

namespace dst_load::report {
namespace {

/// A field of another program's document: what is not there, or no number, is a dash.
std::string Number(const Json& from, const char* key) {
  const auto found = from.is_object() ? from.find(key) : from.end();
  if (found == from.end() || !found->is_number()) return "-";
  return NumberText(std::round(found->get<double>()));
}

std::string Span(const Json& from, const char* key) {
  const auto found = from.is_object() ? from.find(key) : from.end();
  if (found == from.end() || !found->is_number_integer()) return "-";
  return SpanText(Micros{found->get<std::int64_t>()});
}

std::string Text(const Json& from, const char* key) {
  const auto found = from.is_object() ? from.find(key) : from.end();
  return found != from.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> Row(const Json& cell) {
  const Json none = Json::object();
  const auto found = cell.is_object() ? cell.find("added") : cell.end();
  const Json& added = found == cell.end() ? none : *found;
  return {Number(cell, "streams"),          Number(cell, "updatesPerSecondWanted"),
          Number(cell, "updatesPerSecond"), Span(added, "p50Micros"),
          Span(added, "p99Micros"),         Span(added, "p999Micros"),
          Span(added, "maxMicros"),         Text(cell, "noResult")};
}

}  // namespace

Table CalibrationTable(const Report& report) {
  Table table{"Calibration", {}, {}, {}};
  const Json calibration = Json::parse(report.facts.calibration, nullptr, false);
  if (Text(calibration, "schema") != "dst-load.dev/calibration/v1" || !calibration.contains("cells")) {
    for (auto& [name, value] : Flatten(report.facts.calibration)) table.rows.push_back({name, value});
    return table;
  }
  table.head = {"streams", "updates/s wanted", "achieved", "added p50", "p99", "p99.9", "max", ""};
  table.numbers = true;
  for (const Json& cell : calibration["cells"]) table.rows.push_back(Row(cell));
  const std::string version = Text(calibration, "version"), time = Text(calibration, "time");
  const auto machine = calibration.find("machine");
  table.notes.push_back(
      fmt::format("What the client itself adds to the destination leg, measured at {} with dst-load {} on {}.", time,
                  version, machine == calibration.end() ? "" : Text(*machine, "kernel")));
  return table;
}

}  // namespace dst_load::report
