#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "measure/convergence.h"
#include "measure/destination_metrics.h"
#include "measure/histogram.h"
#include "measure/invariant.h"
#include "measure/timeline.h"

namespace dst_load::measure {

/// Counts of one service's streams on one client. Cumulative; merged by addition.
/// Always: due == credited + missing + pending.
struct ServiceCounts {
  std::uint64_t due = 0;           ///< (stream, change) pairs that a stream should learn of
  std::uint64_t credited = 0;      ///< of these, learned: the run's "updates"
  std::uint64_t missing = 0;       ///< of these, given up at the convergence deadline: censored at their age
  std::uint64_t pending = 0;       ///< of these, still waited for. Of a worker that is gone: abandoned
  std::uint64_t messages = 0;      ///< gRPC messages
  std::uint64_t redundant = 0;     ///< endpoint adds of what the stream held already
  Histogram destination;           ///< T2-T1, censored samples included
  Histogram end_to_end;            ///< T2-T0, changes without T0 left out
  Histogram first_update;          ///< stream open to first message
  std::uint64_t coalesced = 0;     ///< of credited: without a message of their own, the server skipped what was undone
  std::uint64_t replaced = 0;      ///< removals that named an address whose owner an Add had replaced before
  std::uint64_t slow_readers = 0;  ///< gauge: streams of this service that read slowly on purpose, counted in `slow`

  void Merge(const ServiceCounts& other);
  bool operator==(const ServiceCounts&) const = default;
};

/// How well a client keeps up with what arrives: what it adds to T2 by itself.
struct ClientLag {
  Histogram queue;   ///< how late the event loop took an event of its own that was due: scheduling and backlog together
  Histogram credit;  ///< from T2 to the end of crediting, a sample of the messages
  Micros cpu{0};     ///< processor time of the threads that read, since they started
  Micros wall{0};    ///< and how long those threads have run, added up over threads

  void Merge(const ClientLag& other);
  bool operator==(const ClientLag&) const = default;
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
  std::uint64_t closed_ok =
      0;  ///< of send_timeouts: the server ended the stream with OK (Linkerd: overflow or shutdown)
  std::uint64_t clock_jumps = 0;  ///< the wall clock moved against the monotonic one
  Micros clock_error{0};          ///< gauge: bound on how far T2 may be off against T0 and T1; the largest when merged
  Histogram stream_lifetime;
  Histogram connection_duration;  ///< how long connecting took
  ServiceCounts slow;             ///< of streams that read slowly on purpose: in no service's counts
  ClientLag lag;
  ConvergenceLog convergence;
  ClientTimeline timeline;

  void Merge(const ClientSnapshot& other);
  ServiceCounts Total() const;
  bool operator==(const ClientSnapshot&) const = default;
};

/// A step of the schedule, for marks in plots.
struct ScheduleMark {
  WallTime at{};
  std::string step;         ///< "ScaleUp"
  std::uint32_t cycle = 0;  ///< complete cycles before it
  bool operator==(const ScheduleMark&) const = default;
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
  std::uint64_t clock_jumps = 0;
  std::vector<ScheduleMark> marks;  ///< the first kMaxMarks
  std::uint64_t marks_dropped = 0;
  GaugeSeries endpoints;  ///< ready endpoints of all services
  DestinationMetrics destination;

  static constexpr std::size_t kMaxMarks = 1000;

  void Merge(const ChurnSnapshot& other);
  bool operator==(const ChurnSnapshot&) const = default;
};

}  // namespace dst_load::measure
