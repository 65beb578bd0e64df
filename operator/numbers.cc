#include "operator/numbers.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration.h"

namespace dst_load::op {
namespace {

constexpr Micros kPatience = std::chrono::seconds{15};

void Raise(std::uint64_t& held, std::uint64_t found) { held = std::max(held, found); }

std::string Text(std::optional<Micros> span) { return span ? HumanDuration(*span) : ""; }

void TakeLeg(const measure::Histogram& samples, LegStatus& leg) {
  if (samples.Count() < leg.count || samples.Count() == 0) return;
  leg.count = samples.Count();
  leg.p50 = Text(samples.Quantile(0.5));
  leg.p95 = Text(samples.Quantile(0.95));
  leg.p99 = Text(samples.Quantile(0.99));
  leg.p999 = Text(samples.Quantile(0.999));
  leg.max = Text(samples.Max());
}

void TakeChurn(const coordination::RunView& run, ChurnStatus& churn) {
  const auto& progress = run.progress;
  Raise(churn.cycle, progress.cycle);
  Raise(churn.scale_events, run.churn.scale_events);
  Raise(churn.changes, run.churn.changes);
  if (progress.step == coordination::ChurnStep::kUnknown) return;
  churn.step = coordination::ChurnStepName(progress.step);
  churn.cycles = progress.cycles;
  churn.endpoints = progress.endpoints;
  churn.target_endpoints = progress.target_endpoints;
  churn.seed = std::to_string(progress.seed);
}

void TakeClients(const coordination::RunView& run, const measure::ServiceCounts& total, ClientStatus& client) {
  client.ready = run.clients_attached;
  client.streams = run.clients.streams_joined;
  // These three belong together: due = updates + missing + what is still waited for.
  if (total.due >= client.due && total.credited >= client.updates && total.missing >= client.missing) {
    client.due = total.due;
    client.updates = total.credited;
    client.missing = total.missing;
  }
  Raise(client.resets, run.clients.streams_reset);
  Raise(client.send_timeouts, run.clients.send_timeouts);
  client.lost = run.facts.clients_lost;  // fewer when one of them comes back after all
  client.retired = run.facts.clients_retired;
  client.abandoned = run.facts.abandoned;
  std::uint64_t errors = 0;
  for (const auto& [reason, count] : run.clients.errors) errors += count;
  Raise(client.errors, errors);
}

void TakeViolations(const coordination::RunView& run, LoadTestStatus& status) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < measure::kInvariantCount; ++i) {
    auto& held = status.violations[std::string(measure::InvariantName(static_cast<measure::Invariant>(i)))];
    Raise(held, run.clients.violations[i]);
    total += held;
  }
  status.violations["total"] = total;
  if (run.offences.size() >= status.offences.size()) status.offences = run.offences;
}

}  // namespace

bool StillGathering(const Observed& seen) {
  const LoadTestStatus& told = seen.test.status;
  if (!seen.run) return told.phase >= Phase::kRunning;
  if (seen.run_age >= kPatience) return false;
  if (told.phase < Phase::kRunning && told.client.ready == 0) return false;
  // Those of whom it is known that they will not come are not waited for.
  const std::uint64_t gone = seen.run->facts.clients_lost + seen.run->facts.clients_retired;
  const std::uint64_t gone_then = told.client.lost + told.client.retired;
  const std::uint64_t since = gone - std::min(gone, gone_then);
  return !seen.run->churn_attached || seen.run->clients_attached + since < told.client.ready;
}

bool ShowedMore(const LoadTest& test, const coordination::RunView& run) {
  if (test.status.client.missing > run.clients.Total().missing) return true;
  for (std::size_t i = 0; test.spec.criteria.invariants && i < measure::kInvariantCount; ++i) {
    const auto invariant = static_cast<measure::Invariant>(i);
    // Judged anew by all samples each time: it may hold again.
    if (invariant == measure::Invariant::kSlowReaderIsolation) continue;
    const auto told = test.status.violations.find(std::string(measure::InvariantName(invariant)));
    if (told != test.status.violations.end() && told->second > run.clients.violations[i]) return true;
  }
  return false;
}

std::string CyclesText(const Spec& spec, std::uint64_t cycle) {
  if (!spec.churn.oscillate) return "";
  if (!spec.churn.cycles) return std::to_string(cycle);
  return fmt::format("{}/{}", cycle, *spec.churn.cycles);
}

void TakeNumbers(const coordination::RunView& run, const Spec& spec, LoadTestStatus& status) {
  const auto total = run.clients.Total();
  TakeChurn(run, status.churn);
  TakeClients(run, total, status.client);
  TakeLeg(run.churn.kubernetes, status.kubernetes);
  TakeLeg(total.destination, status.destination);
  TakeLeg(total.end_to_end, status.end_to_end);
  TakeLeg(run.clients.convergence.Times(), status.convergence);
  TakeViolations(run, status);
  status.cycles = CyclesText(spec, status.churn.cycle);
}

}  // namespace dst_load::op
