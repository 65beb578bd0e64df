#include "workers/client/results.h"

#include <nlohmann/json.hpp>

namespace dst_load::workers {
namespace {

using nlohmann::ordered_json;

ordered_json Latency(const measure::Histogram& samples) {
  ordered_json out{{"count", samples.Count()}};
  if (samples.Count() == 0) return out;
  out["minMicros"] = samples.Min()->count();
  out["p50Micros"] = samples.Quantile(0.5)->count();
  out["p95Micros"] = samples.Quantile(0.95)->count();
  out["p99Micros"] = samples.Quantile(0.99)->count();
  out["p999Micros"] = samples.Quantile(0.999)->count();
  out["maxMicros"] = samples.Max()->count();
  return out;
}

ordered_json Counts(const measure::ServiceCounts& counts) {
  return {{"due", counts.due},
          {"credited", counts.credited},
          {"missing", counts.missing},
          {"pending", counts.pending},
          {"messages", counts.messages},
          {"redundant", counts.redundant},
          {"endToEnd", Latency(counts.end_to_end)},
          {"destination", Latency(counts.destination)},
          {"firstUpdate", Latency(counts.first_update)}};
}

}  // namespace

std::string RenderResults(const ShardView& view, const std::vector<std::string>& services) {
  const auto& s = view.snapshot;
  ordered_json out;
  out["streams"] = {{"target", s.streams_target}, {"joined", s.streams_joined},      {"created", s.streams_created},
                    {"reset", s.streams_reset},   {"sendTimeouts", s.send_timeouts}, {"errors", s.errors}};
  std::uint64_t updates = 0;
  for (const auto count : view.updates) updates += count;
  out["updatesReceived"] = updates;
  out["total"] = Counts(s.Total());
  out["streamLifetime"] = Latency(s.stream_lifetime);
  out["connectionDuration"] = Latency(s.connection_duration);
  auto& violations = out["violations"] = ordered_json::object();
  for (std::size_t i = 0; i < measure::kInvariantCount; ++i) {
    violations[std::string(measure::InvariantName(static_cast<measure::Invariant>(i)))] = s.violations[i];
  }
  out["earlyOverflow"] = s.early_overflow;
  out["truthGaps"] = s.truth_gaps;
  out["offences"] = view.offences;
  auto& per_service = out["services"] = ordered_json::object();
  for (const auto& [index, counts] : s.services) {
    if (index >= services.size()) continue;
    per_service[services[index]] = Counts(counts);
    per_service[services[index]]["updatesReceived"] = index < view.updates.size() ? view.updates[index] : 0;
  }
  return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace dst_load::workers
