#include "workers/churn/result.h"

#include <nlohmann/json.hpp>

namespace dst_load::workers::churn {
namespace {

using json = nlohmann::ordered_json;

json Summary(const measure::Histogram& histogram) {
  json summary = {{"count", histogram.Count()}};
  if (histogram.Count() == 0) return summary;
  const auto micros = [](const std::optional<Micros>& value) { return value.value_or(Micros{0}).count(); };
  summary["p50Micros"] = micros(histogram.Quantile(0.5));
  summary["p95Micros"] = micros(histogram.Quantile(0.95));
  summary["p99Micros"] = micros(histogram.Quantile(0.99));
  summary["p999Micros"] = micros(histogram.Quantile(0.999));
  summary["maxMicros"] = micros(histogram.Max());
  return summary;
}

json Merged(const coordination::RunView& run) {
  const measure::ServiceCounts total = run.clients.Total();
  json violations = json::object();
  for (std::size_t i = 0; i < measure::kInvariantCount; ++i) {
    violations[std::string(measure::InvariantName(static_cast<measure::Invariant>(i)))] = run.clients.violations[i];
  }
  return {{"stage", coordination::StageName(run.stage)},
          {"clientsConcluded", run.facts.clients_concluded},
          {"clientsExpected", run.facts.clients_expected},
          {"clientsRetired", run.facts.clients_retired},
          {"clientsLost", run.facts.clients_lost},
          {"streamsPeak", run.facts.streams_peak},
          {"streamsExpected", run.facts.streams_expected},
          {"changes", run.churn.changes},
          {"due", total.due},
          {"updates", total.credited},
          {"missing", total.missing},
          {"pending", total.pending},
          {"abandoned", run.facts.abandoned},
          {"messages", total.messages},
          {"violations", std::move(violations)},
          {"sendTimeouts", run.clients.send_timeouts},
          {"truthGaps", run.clients.truth_gaps},
          {"earlyOverflow", run.clients.early_overflow},
          {"latency",
           {{"kubernetes", Summary(run.churn.kubernetes)},
            {"destination", Summary(total.destination)},
            {"endToEnd", Summary(total.end_to_end)}}},
          {"offences", run.offences}};
}

}  // namespace

std::string_view EndingName(Ending ending) {
  switch (ending) {
    case Ending::kDone:
      return "Done";
    case Ending::kStopped:
      return "Stopped";
    case Ending::kInterrupted:
      return "Interrupted";
    case Ending::kFailed:
      return "Failed";
  }
  return "Failed";
}

std::string RenderResult(const ChurnOptions& options, const Outcome& outcome,
                         const std::optional<coordination::RunView>& run) {
  const auto& progress = outcome.view.progress;
  const auto& snapshot = outcome.view.snapshot;
  json result = {{"worker", "churn"},
                 {"ending", EndingName(outcome.ending)},
                 {"reason", outcome.reason},
                 {"message", outcome.message},
                 {"pattern", options.plan.pattern == Pattern::kStable ? "stable" : "oscillate"},
                 {"namespace", options.ns},
                 {"services", outcome.view.services.size()},
                 {"seed", progress.seed},
                 {"cycles", progress.cycle},
                 {"endpoints", progress.endpoints},
                 {"targetEndpoints", progress.target_endpoints},
                 {"lastSeq", progress.last_seq},
                 {"servicesCreated", snapshot.services_created},
                 {"scaleEvents", snapshot.scale_events},
                 {"scaleErrors", snapshot.scale_errors},
                 {"changes", snapshot.changes},
                 {"changesWithoutCause", snapshot.changes_without_cause},
                 {"overruns", snapshot.overruns},
                 {"kubernetes", Summary(snapshot.kubernetes)},
                 {"scheduleLag", Summary(snapshot.schedule_lag)},
                 {"cleaned", outcome.cleaned}};
  if (run) result["run"] = Merged(*run);
  return result.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace dst_load::workers::churn
