#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "measure/histogram.h"

namespace dst_load::measure {

/// The invariants judged so far (design, section 4). Names are those of the metric's label and of status.violations.
enum class Invariant : std::uint8_t {
  kConverged,
  kNoMissingEndpoint,
  kNoStaleEndpoint,
  kNoUnknownEndpoint,
  kKnownRemoval,
  kFirstUpdate,
};
inline constexpr std::size_t kInvariantCount = 6;
/// "converged", "no_missing_endpoint", ...
std::string_view InvariantName(Invariant invariant);

/// Counts of one service's streams on one client. Cumulative; merged by addition.
/// Always: due == credited + missing + pending.
struct ServiceCounts {
  std::uint64_t due = 0;        ///< (stream, change) pairs that a stream should learn of
  std::uint64_t credited = 0;   ///< of these, learned: the run's "updates"
  std::uint64_t missing = 0;    ///< of these, given up at the convergence deadline: censored at their age
  std::uint64_t pending = 0;    ///< of these, still waited for. Of a worker that is gone: abandoned
  std::uint64_t messages = 0;   ///< gRPC messages
  std::uint64_t redundant = 0;  ///< endpoint adds of what the stream held already
  Histogram destination;        ///< T2-T1, censored samples included
  Histogram end_to_end;         ///< T2-T0, changes without T0 left out
  Histogram first_update;       ///< stream open to first message
  std::uint64_t coalesced = 0;  ///< of credited: without a message of their own, the server skipped what was undone
  std::uint64_t replaced = 0;   ///< removals that named an address whose owner an Add had replaced before

  void Merge(const ServiceCounts& other);
  bool operator==(const ServiceCounts&) const = default;
};

/// Everything one client worker has counted since it started. Cumulative; merged over workers by addition.
struct ClientSnapshot {
  std::map<std::uint32_t, ServiceCounts> services;
  std::array<std::uint64_t, kInvariantCount> violations{};
  std::uint64_t streams_target = 0;  ///< gauges from here
  std::uint64_t streams_open = 0;
  std::uint64_t streams_joined = 0;             ///< hold, or have held, the whole truth: measured from then on
  std::uint64_t streams_settled = 0;            ///< joined and nothing pending
  std::uint64_t streams_created = 0;            ///< counters from here
  std::uint64_t streams_reset = 0;              ///< ended by us: lifetime or reset interval
  std::uint64_t send_timeouts = 0;              ///< ended by the server with OK or a deadline: overflow or shutdown
  std::map<std::string, std::uint64_t> errors;  ///< by reason, as destination_client_connection_errors_total
  std::uint64_t early_overflow = 0;  ///< observations dropped because truth came too late: makes a run Inconclusive
  std::uint64_t truth_gaps = 0;      ///< the truth's history had a hole: makes a run Inconclusive
  Histogram stream_lifetime;
  Histogram connection_duration;  ///< how long connecting took

  void Merge(const ClientSnapshot& other);
  ServiceCounts Total() const;
  bool operator==(const ClientSnapshot&) const = default;
};

/// Everything one churn worker has counted since it started. Cumulative, merged by addition (gauges: the latest wins).
struct ChurnSnapshot {
  std::uint64_t scale_events = 0;  ///< Deployments told to scale
  std::uint64_t scale_errors = 0;
  std::uint64_t services_created = 0;
  std::uint64_t changes = 0;  ///< endpoint changes published by Kubernetes after the start
  std::uint64_t changes_without_cause = 0;
  std::uint64_t overruns = 0;  ///< holds that had to wait for Kubernetes to reach the step's target
  Histogram kubernetes;        ///< T1-T0, one sample a change
  Histogram schedule_lag;      ///< how late the scale request was sent, after T0

  void Merge(const ChurnSnapshot& other);
  bool operator==(const ChurnSnapshot&) const = default;
};

}  // namespace dst_load::measure
