#include "workers/calibrate/result.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/duration.h"

namespace dst_load::workers::calibrate {
namespace {

using json = nlohmann::ordered_json;

constexpr double kReachedShare = 0.99;

double PerSecond(double count, Micros span) { return count / std::chrono::duration<double>(span).count(); }

std::int64_t At(const measure::Histogram& histogram, double q) {
  return histogram.Quantile(q).value_or(Micros{0}).count();
}

std::string Text(const std::optional<Micros>& span) { return span ? HumanDuration(*span) : "-"; }

/// Why the latencies of a cell are none.
std::string WhyNot(const CellResult& result) {
  if (!result.Reached()) return "not reached";
  if (result.missing + result.pending > 0) return "updates missing";
  return result.violations > 0 ? "invariants violated" : "miscounted";
}

std::string Row(const CellResult& result) {
  const auto& added = result.added;
  std::string latencies;
  if (result.IsResult()) {
    for (const auto& span : {added.Quantile(0.5), added.Quantile(0.99), added.Quantile(0.999), added.Max()}) {
      latencies += fmt::format(" {:>8}", Text(span));
    }
  } else {
    latencies = fmt::format(" {:>35}", WhyNot(result));
  }
  return fmt::format("{:>8} {:>10} {:>10.0f} {:>11.0f}{} {:>7.0f}% {:>8} {:>9} {:>8} {:>8}\n", result.cell.streams,
                     result.cell.updates_per_second, result.UpdatesPerSecond(), result.MessagesPerSecond(), latencies,
                     result.CpuPercent(), result.missing, result.Saturated() ? "yes" : "no",
                     HumanDuration(result.sent.lag_p50), HumanDuration(result.sent.lag_p99));
}

json CellJson(const CellResult& result) {
  json out = {
      {"streams", result.cell.streams},
      {"services", result.cell.services},
      {"updatesPerSecondWanted", result.cell.updates_per_second},
      {"updatesPerSecond", result.UpdatesPerSecond()},
      {"messagesPerSecond", result.MessagesPerSecond()},
      {"durationMicros", result.cell.duration.count()},
      {"reached", result.Reached()},
      {"saturated", result.Saturated()},
      {"saturation", result.saturation},
      {"due", result.due},
      {"credited", result.credited},
      {"missing", result.missing},
      {"pending", result.pending},
      {"coalesced", result.coalesced},
      {"violations", result.violations},
      {"clientCpuPercent", result.CpuPercent()},
      {"server",
       {{"messages", result.sent.messages},
        {"cpuPercent", 100 * PerSecond(std::chrono::duration<double>(result.sent.cpu).count(), result.cell.duration)},
        {"sendLag",
         {{"p50Micros", result.sent.lag_p50.count()},
          {"p99Micros", result.sent.lag_p99.count()},
          {"maxMicros", result.sent.lag_max.count()}}}}}};
  if (!result.IsResult()) {
    out["noResult"] = WhyNot(result);
    return out;
  }
  const auto& added = result.added;
  out["added"] = {{"count", added.Count()},
                  {"p50Micros", At(added, 0.5)},
                  {"p99Micros", At(added, 0.99)},
                  {"p999Micros", At(added, 0.999)},
                  {"maxMicros", added.Max().value_or(Micros{0}).count()}};
  return out;
}

}  // namespace

bool CellResult::Reached() const {
  return static_cast<double>(credited_in_time) >= kReachedShare * static_cast<double>(cell.Updates());
}

double CellResult::UpdatesPerSecond() const { return PerSecond(static_cast<double>(credited_in_time), cell.duration); }

double CellResult::MessagesPerSecond() const { return PerSecond(static_cast<double>(messages_in_time), cell.duration); }

double CellResult::CpuPercent() const {
  return 100 * PerSecond(std::chrono::duration<double>(cpu).count(), cell.duration);
}

std::string RenderTable(const Calibration& calibration) {
  const Machine& machine = calibration.machine;
  std::string out = fmt::format(
      "dst-load {}, {}: {} x {}, {}, {:.1f} GiB, load {:.2f}; {} client threads, the server in a process of its "
      "own\n\n",
      calibration.version, FormatTimeSeconds(calibration.at), machine.cores, calibration.processor, machine.kernel,
      static_cast<double>(machine.memory_bytes) / (1024.0 * 1024 * 1024), calibration.load, calibration.threads);
  out += fmt::format("{:>8} {:>21} {:>11} {:>35} {:>8} {:>8} {:>9} {:>17}\n", "", "updates/s", "", "added latency",
                     "client", "", "", "sent late");
  out += fmt::format("{:>8} {:>10} {:>10} {:>11} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9} {:>8} {:>8}\n", "streams",
                     "wanted", "achieved", "messages/s", "p50", "p99", "p99.9", "max", "CPU", "missing", "saturated",
                     "p50", "p99");
  for (const CellResult& result : calibration.cells) out += Row(result);
  return out;
}

std::string RenderJson(const Calibration& calibration) {
  json cells = json::array();
  for (const CellResult& result : calibration.cells) cells.push_back(CellJson(result));
  const Machine& machine = calibration.machine;
  const json out = {{"schema", "dst-load.dev/calibration/v1"},
                    {"version", calibration.version},
                    {"time", FormatTimeSeconds(calibration.at)},
                    {"machine",
                     {{"cores", machine.cores},
                      {"model", calibration.processor},
                      {"kernel", machine.kernel},
                      {"memoryBytes", machine.memory_bytes},
                      {"load", calibration.load}}},
                    {"server", "child process"},
                    {"threads", calibration.threads},
                    {"endpointsPerMessage", Cell::kEndpointsPerChange},
                    {"cells", std::move(cells)}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace dst_load::workers::calibrate
