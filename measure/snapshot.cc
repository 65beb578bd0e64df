#include "measure/snapshot.h"

namespace dst_load::measure {

std::string_view InvariantName(Invariant invariant) {
  switch (invariant) {
    case Invariant::kConverged:
      return "converged";
    case Invariant::kNoMissingEndpoint:
      return "no_missing_endpoint";
    case Invariant::kNoStaleEndpoint:
      return "no_stale_endpoint";
    case Invariant::kNoUnknownEndpoint:
      return "no_unknown_endpoint";
    case Invariant::kKnownRemoval:
      return "known_removal";
    case Invariant::kFirstUpdate:
      return "first_update";
  }
  return "unknown";
}

void ServiceCounts::Merge(const ServiceCounts& other) {
  due += other.due;
  credited += other.credited;
  missing += other.missing;
  pending += other.pending;
  messages += other.messages;
  redundant += other.redundant;
  destination.Merge(other.destination);
  end_to_end.Merge(other.end_to_end);
  first_update.Merge(other.first_update);
  coalesced += other.coalesced;
  replaced += other.replaced;
}

void ClientSnapshot::Merge(const ClientSnapshot& other) {
  for (const auto& [index, counts] : other.services) services[index].Merge(counts);
  for (std::size_t i = 0; i < kInvariantCount; ++i) violations[i] += other.violations[i];
  streams_target += other.streams_target;
  streams_open += other.streams_open;
  streams_joined += other.streams_joined;
  streams_settled += other.streams_settled;
  streams_created += other.streams_created;
  streams_reset += other.streams_reset;
  send_timeouts += other.send_timeouts;
  for (const auto& [reason, count] : other.errors) errors[reason] += count;
  early_overflow += other.early_overflow;
  truth_gaps += other.truth_gaps;
  stream_lifetime.Merge(other.stream_lifetime);
  connection_duration.Merge(other.connection_duration);
}

ServiceCounts ClientSnapshot::Total() const {
  ServiceCounts total;
  for (const auto& [index, counts] : services) total.Merge(counts);
  return total;
}

void ChurnSnapshot::Merge(const ChurnSnapshot& other) {
  scale_events += other.scale_events;
  scale_errors += other.scale_errors;
  services_created += other.services_created;
  changes += other.changes;
  changes_without_cause += other.changes_without_cause;
  overruns += other.overruns;
  kubernetes.Merge(other.kubernetes);
  schedule_lag.Merge(other.schedule_lag);
}

}  // namespace dst_load::measure
