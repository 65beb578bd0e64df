#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/machine.h"
#include "base/time.h"
#include "coordination/server.h"
#include "measure/verdict.h"

namespace dst_load::report {

/// The schema's name and version: fields may be added to it, none changes its meaning (docs/report.md).
inline constexpr std::string_view kSchema = "dst-load.dev/report/v1";
/// A ConfigMap holds 1 MiB; this leaves room for its other keys and the metadata.
inline constexpr std::size_t kDefaultSizeLimit = 900 << 10;

/// What the run's owner knows beside its view.
struct ReportFacts {
  std::string name;
  std::string ns;
  std::string run_id;
  std::string phase;                  ///< "Succeeded"; empty for a run without an operator
  std::optional<WallTime> started;    ///< the owner took the run up
  std::optional<WallTime> running;    ///< the barrier was passed
  std::optional<WallTime> completed;  ///< the verdict was found
  std::string version;                ///< of dst-load
  std::string destination;            ///< "host:port" of the service under test; empty: not known to the owner
  Machine machine;                    ///< the owner's
  std::uint64_t seed = 0;             ///< of the churn schedule
  std::uint64_t services = 0;         ///< 0: not known
  std::string service_prefix;         ///< their names are PREFIX-1, PREFIX-2 and so on; empty: not known
  std::uint64_t streams = 0;          ///< of all clients together, as asked for
  std::string spec;                   ///< what the run was told, a JSON object; empty: nothing
  std::string calibration;            ///< the tool's own floor, a JSON object; empty: not measured
  bool operator==(const ReportFacts&) const = default;
};

/// The name of a service by its index, "test-service-3"; "index 2" where names are not known, as in older reports;
/// "several services" for those of measure/other_services.h.
std::string ServiceName(const ReportFacts& facts, std::uint32_t index);

/// How the streams ended. Linkerd ends a stream with OK both when its queue overflows and when the server shuts down;
/// only its overflow counter tells them apart.
struct StreamEndings {
  std::uint64_t closed_ok = 0;  ///< by the server, with OK
  std::optional<std::uint64_t>
      overflow;  ///< of these, as far as the overflow counter grew; nullopt without that figure
  std::optional<std::uint64_t> shutdown;  ///< the rest of these; nullopt likewise
  std::uint64_t deadline = 0;             ///< by a deadline
  std::uint64_t reset = 0;                ///< by the client: lifetime or reset interval
  std::map<std::string, std::uint64_t> errors;
  bool operator==(const StreamEndings&) const = default;
};

/// What one slot of the timeline says of a leg; absent when nothing was learned in it. Upper ends of coarse buckets
/// (measure::CoarseCounts): at most 42 % above the sample.
struct SlotLeg {
  std::optional<Micros> p50, p99;
  bool operator==(const SlotLeg&) const = default;
};

struct TimelineSlot {
  std::uint64_t updates = 0;  ///< learned in the slot, by the time of T2
  SlotLeg destination, end_to_end;
  std::optional<std::uint64_t> held;  ///< endpoints in all streams' sets together
  bool operator==(const TimelineSlot&) const = default;
};

struct Timeline {
  WallTime start{};
  Micros width{0};
  std::vector<TimelineSlot> slots;
  bool operator==(const Timeline&) const = default;
};

/// A histogram in a few figures; without samples, only count is there.
struct Summary {
  std::uint64_t count = 0;
  std::optional<Micros> min, p50, p95, p99, p999, max;
  bool operator==(const Summary&) const = default;
};
Summary Summarize(const measure::Histogram& histogram);

/// The latencies of one service, as they are kept when its histograms are left out.
struct ServiceSummary {
  Summary destination, end_to_end, first_update;
  bool operator==(const ServiceSummary&) const = default;
};

/// Everything a report says: what renderings are made of.
struct Report {
  ReportFacts facts;
  measure::Verdict verdict;
  /// As merged over all workers, except that `clients.timeline` is empty (see `timeline`) and progress.scheduled is.
  coordination::RunView run;
  std::map<std::uint32_t, ServiceSummary> services;  ///< by the index of the service, as run.clients.services
  measure::ServiceCounts total;                      ///< of all services, slow readers left out
  measure::Histogram convergence;  ///< T0 until the last stream held the event's last change, one sample an event
  StreamEndings endings;
  Timeline timeline;
  std::vector<std::string> omitted;  ///< what was left out, by its path in the schema
};

/// Puts together what a report says. A spec or calibration that is no JSON object is left out and named in `omitted`.
Report Gather(const ReportFacts& facts, const coordination::RunView& view, const measure::Verdict& verdict);

/// A report as JSON text. When it would be longer than `size_limit` bytes, what it can be read without is left out, in
/// this order, until it fits: histograms by service (not their summaries), series over time, scale events, services,
/// schedule marks, workers, calibration, spec. All that was left out is named in `omitted`. What remains then is of
/// bounded size, whatever the limit.
std::string WriteReport(const Report& report, std::size_t size_limit = kDefaultSizeLimit);

/// Both of the above.
std::string MakeReport(const ReportFacts& facts, const coordination::RunView& view, const measure::Verdict& verdict,
                       std::size_t size_limit = kDefaultSizeLimit);

/// Reads what WriteReport wrote. Unknown fields are skipped. Errors: kInvalid, naming the field.
Result<Report> ReadReport(std::string_view json);

/// The leaves of a JSON object as ("churn.cycles", "3") in their order, for people; empty when it is none.
std::vector<std::pair<std::string, std::string>> Flatten(const std::string& json);

}  // namespace dst_load::report
