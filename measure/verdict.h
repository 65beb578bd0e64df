#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "measure/snapshot.h"

namespace dst_load::measure {

/// Limits of one leg; absent ones do not judge.
struct LegCriteria {
  std::optional<Micros> p50, p95, p99, p999, max;
};

/// What a run is held to. An absent criterion does not judge; every given one is reported on its own.
struct Criteria {
  LegCriteria kubernetes, destination, end_to_end;
  bool invariants = true;  ///< any violation fails the run
  std::optional<double> stream_timeout_percent;
  std::optional<double> destination_memory;         ///< bytes, the most that the destination service held
  std::optional<double> destination_memory_growth;  ///< bytes, from the first scrape to the most
  double max_lost_percent = 10;                     ///< of the clients; what is at the limit is tolerated
};

enum class Outcome { kPass, kFail, kInconclusive };
std::string_view OutcomeName(Outcome outcome);  ///< "Pass", "Fail", "Inconclusive"

struct CriterionResult {
  std::string name;      ///< "endToEnd.p99", "invariants", "missing"
  std::string limit;     ///< "2s"
  std::string measured;  ///< "35.2ms", "no samples"
  Outcome result;
};

/// What is known about a run apart from its latencies.
struct RunFacts {
  bool started = false;   ///< the barrier was passed
  bool finished = false;  ///< churn did all it was told, and the clients drained
  std::uint64_t clients_expected = 0;
  std::uint64_t clients_concluded = 0;  ///< clients whose final snapshot arrived at the end
  std::uint64_t streams_expected = 0;
  std::uint64_t streams_peak = 0;           ///< most streams that were joined at one time
  std::vector<std::string> saturated{};     ///< clients that could not keep up: "POD: event loop 3.1s late"
  std::vector<std::string> clock_jumped{};  ///< workers whose host's wall clock was set during the run; they go on by
                                            ///< the time of their start
  bool clock_lost = false;            ///< and a churn worker began after it, by a time that is not the one before it
  std::uint64_t clients_lost = 0;     ///< clients that went without a final snapshot, after the start
  std::vector<std::string> lost{};    ///< the first of these: "POD: OOMKilled, exit code 137"
  std::uint64_t clients_retired = 0;  ///< clients that were told to end before the run did, and told all
  std::uint64_t clients_most = 0;     ///< most that were expected at one time, of which a share may be lost
  std::uint64_t abandoned = 0;        ///< updates that were pending on clients that went: given up
  std::uint64_t streams_at_end = 0;   ///< of the clients that concluded: those that hold, or have held, the truth
};

struct Verdict {
  Outcome outcome = Outcome::kInconclusive;
  std::string reason;  ///< CamelCase, for a condition: "CriteriaMet", "EndToEndP99", "ClientsLost", "StreamsShort", ...
  std::string message;  ///< one sentence for people
  std::vector<CriterionResult> criteria;
};

/// Judges a run, and says what it did without (see measure/losses.h): definite wrongness (missing updates, violations,
/// breached criteria) fails it; a run that could not measure (more clients lost than may be, truth gaps or overflow,
/// streams short of their target, no samples for a given criterion) is Inconclusive and never passes. A criterion on a
/// leg without samples is Inconclusive, unless nothing was due
/// (`stable`): then it passes.
///
/// What the clocks of two hosts may add to a leg (ClientSnapshot::clock_error) counts both ways: a limit within it
/// is Inconclusive, `ClockUnsure`. So is a latency over its limit that may be the client's own doing, and one that is
/// within it only because updates were given up with clients that went (`UpdatesAbandoned`).
Verdict Judge(const Criteria& criteria, const RunFacts& facts, const ClientSnapshot& clients,
              const ChurnSnapshot& churn);

/// Samples before a quantile may end a run early: the first changes of a run are its coldest.
inline constexpr std::uint64_t kEnoughToAbort = 1000;

/// For a run that goes on: the verdict when it is a Fail already; nullopt while it may still pass.
std::optional<Verdict> Breach(Criteria criteria, const RunFacts& facts, const ClientSnapshot& clients,
                              const ChurnSnapshot& churn);

}  // namespace dst_load::measure
