#include "measure/snapshot.h"

#include <algorithm>

namespace dst_load::measure {

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
  slow_readers += other.slow_readers;
}

void ClientLag::Merge(const ClientLag& other) {
  queue.Merge(other.queue);
  credit.Merge(other.credit);
  cpu += other.cpu;
  wall += other.wall;
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
  closed_ok += other.closed_ok;
  clock_jumps += other.clock_jumps;
  clock_error = std::max(clock_error, other.clock_error);
  slow.Merge(other.slow);
  lag.Merge(other.lag);
  convergence.Merge(other.convergence);
  timeline.Merge(other.timeline);
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
  clock_jumps += other.clock_jumps;
  marks.insert(marks.end(), other.marks.begin(), other.marks.end());
  std::stable_sort(marks.begin(), marks.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  marks_dropped += other.marks_dropped;
  if (marks.size() > kMaxMarks) {
    marks_dropped += marks.size() - kMaxMarks;
    marks.resize(kMaxMarks);
  }
  endpoints.Merge(other.endpoints);
  destination.Merge(other.destination);
}

}  // namespace dst_load::measure
