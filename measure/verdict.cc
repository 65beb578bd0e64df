#include "measure/verdict.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "base/duration.h"
#include "measure/losses.h"
#include "measure/reasons.h"

namespace dst_load::measure {
namespace {

/// Collects what is found; the first failure gives the reason, else the first thing that could not be measured.
class Findings {
 public:
  void Add(CriterionResult criterion, std::string_view reason, std::string message) {
    Note(criterion.result, reason, std::move(message));
    criteria_.push_back(std::move(criterion));
  }

  void Unless(bool holds, std::string_view reason, std::string message) {
    if (!holds) Note(Outcome::kInconclusive, reason, std::move(message));
  }

  /// `given_up`: what is to be said whatever the outcome.
  Verdict Sum(const std::string& given_up) && {
    Verdict verdict{outcome_, std::move(reason_), std::move(message_), std::move(criteria_)};
    if (outcome_ == Outcome::kPass) {
      verdict.reason = reason::kCriteriaMet;
      verdict.message = fmt::format("all {} criteria hold", verdict.criteria.size());
    }
    if (!given_up.empty()) verdict.message += "; " + given_up;
    return verdict;
  }

 private:
  static int Weight(Outcome outcome) {
    return outcome == Outcome::kFail ? 2 : outcome == Outcome::kInconclusive ? 1 : 0;
  }

  void Note(Outcome result, std::string_view reason, std::string message) {
    if (Weight(result) <= Weight(outcome_)) return;
    outcome_ = result;
    reason_ = reason;
    message_ = std::move(message);
  }

  Outcome outcome_ = Outcome::kPass;
  std::string reason_, message_;
  std::vector<CriterionResult> criteria_;
};

struct Leg {
  std::string_view name;  ///< "endToEnd"
  const reason::Quantiles& reasons;
  const LegCriteria& limits;
  const Histogram& samples;
  bool expects_samples;
  Micros error{0};              ///< bound on what the clocks of two hosts add to it, either way
  Micros lateness{0};           ///< p99 of the clients' own, which is in it
  bool doubted = false;         ///< late samples may be our own doing; the facts say why
  std::uint64_t abandoned = 0;  ///< samples that are not there, for their clients went: as late as may be
};

struct QuantileLimit {
  std::string_view name;  ///< "p99"
  double share;           ///< 0.99
  std::string_view reason;
  const std::optional<Micros>& limit;
};

/// Judged with the clocks' error taken both ways; and no destination is blamed for what may be the client's lateness.
Outcome Compare(const Leg& leg, Micros measured, Micros limit) {
  if (measured + leg.error <= limit) return Outcome::kPass;
  const bool ours = measured - leg.error - leg.lateness <= limit || leg.doubted;
  return ours ? Outcome::kInconclusive : Outcome::kFail;
}

/// Why a leg says nothing about its limit.
std::string_view Doubt(const Leg& leg, Micros measured, Micros limit) {
  return measured - leg.error <= limit ? reason::kClockUnsure : reason::kClientSaturated;
}

/// "35.2ms"; "35.2ms ±2ms" where the clocks' error is a part of it that shows.
std::string MeasuredText(const Leg& leg, Micros measured) {
  std::string text = HumanDuration(measured);
  if (leg.error * 100 >= measured && leg.error > Micros{0}) text += " ±" + HumanDuration(leg.error);
  return text;
}

/// A quantile that passes by the samples that are there: does it also if those that are not were later than all of
/// them?
bool HoldsWithAbandoned(const Leg& leg, double share, Micros limit) {
  const auto latest = leg.samples.Quantile(share, leg.abandoned);
  return latest && Compare(leg, *latest, limit) == Outcome::kPass;
}

void JudgeQuantile(Findings& findings, const Leg& leg, const QuantileLimit& quantile) {
  if (!quantile.limit) return;
  const Micros limit = *quantile.limit;
  std::string name = fmt::format("{}.{}", leg.name, quantile.name);
  const std::string limit_text = FormatDuration(limit);
  const std::optional<Micros> measured = leg.samples.Quantile(quantile.share);
  if (!measured) {
    const Outcome result = leg.expects_samples ? Outcome::kInconclusive : Outcome::kPass;
    std::string message = fmt::format("{} could not be judged: there are no samples", name);
    findings.Add({std::move(name), limit_text, "no samples", result}, reason::kNoSamples, std::move(message));
    return;
  }
  Outcome result = Compare(leg, *measured, limit);
  std::string_view reason = quantile.reason;
  const std::string measured_text = MeasuredText(leg, *measured);
  std::string message = fmt::format("{} is {}, over its limit of {}", name, measured_text, limit_text);
  if (result == Outcome::kInconclusive) {
    reason = Doubt(leg, *measured, limit);
    message =
        reason == reason::kClockUnsure
            ? fmt::format("{} is {}, which says nothing about its limit of {}: the clocks differ by an unknown {}",
                          name, measured_text, limit_text, HumanDuration(leg.error))
            : message + ", but that may be the clients' own lateness";
  } else if (result == Outcome::kPass && !HoldsWithAbandoned(leg, quantile.share, limit)) {
    result = Outcome::kInconclusive;
    reason = reason::kUpdatesAbandoned;
    message = fmt::format("{} is {}, but with the {} updates that were given up it may be over its limit of {}", name,
                          measured_text, leg.abandoned, limit_text);
  }
  findings.Add({std::move(name), limit_text, measured_text, result}, reason, std::move(message));
}

void JudgeLeg(Findings& findings, const Leg& leg) {
  JudgeQuantile(findings, leg, {"p50", 0.5, leg.reasons.p50, leg.limits.p50});
  JudgeQuantile(findings, leg, {"p95", 0.95, leg.reasons.p95, leg.limits.p95});
  JudgeQuantile(findings, leg, {"p99", 0.99, leg.reasons.p99, leg.limits.p99});
  JudgeQuantile(findings, leg, {"p999", 0.999, leg.reasons.p999, leg.limits.p999});
  JudgeQuantile(findings, leg, {"max", 1, leg.reasons.max, leg.limits.max});
}

void JudgeMissing(Findings& findings, const ServiceCounts& total) {
  const Outcome result = total.missing == 0 ? Outcome::kPass : Outcome::kFail;
  findings.Add({"missing", "0", fmt::format("{}", total.missing), result}, reason::kUpdatesMissing,
               fmt::format("{} of {} updates never reached their streams", total.missing, total.due));
}

void JudgeInvariants(Findings& findings, const ClientSnapshot& clients) {
  const auto count = std::accumulate(clients.violations.begin(), clients.violations.end(), std::uint64_t{0});
  std::string broken;
  for (std::size_t i = 0; i < kInvariantCount; ++i) {
    if (clients.violations[i] == 0) continue;
    broken += fmt::format("{}{} {}", broken.empty() ? "" : ", ", InvariantName(static_cast<Invariant>(i)),
                          clients.violations[i]);
  }
  const Outcome result = count == 0 ? Outcome::kPass : Outcome::kFail;
  findings.Add({"invariants", "0", fmt::format("{}", count), result}, reason::kInvariantsViolated,
               fmt::format("invariants were violated: {}", broken));
}

void JudgeTimeouts(Findings& findings, double limit, const ClientSnapshot& clients) {
  const std::string limit_text = fmt::format("{:g}%", limit);
  if (clients.streams_created == 0) {
    findings.Add({"streamTimeoutPercent", limit_text, "no streams", Outcome::kInconclusive}, reason::kNoSamples,
                 "streamTimeoutPercent could not be judged: there were no streams");
    return;
  }
  const double percent =
      100.0 * static_cast<double>(clients.send_timeouts) / static_cast<double>(clients.streams_created);
  const Outcome result = percent <= limit ? Outcome::kPass : Outcome::kFail;
  findings.Add({"streamTimeoutPercent", limit_text, fmt::format("{:.3g}%", percent), result},
               reason::kStreamTimeoutPercent,
               fmt::format("the server ended {:.3g}% of the streams, over the limit of {}", percent, limit_text));
}

/// "1.25GiB", as quantities are written; three significant digits.
std::string HumanBytes(double bytes) {
  constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < std::size(kUnits)) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{:.3g}{}", bytes, kUnits[unit]);
}

/// What was held against the limit: the most memory that the destination had, or how much more than at first.
void JudgeMemory(Findings& findings, std::string_view name, std::string_view reason, double limit,
                 double (*measure)(const DestinationFigure&), const DestinationMetrics& metrics) {
  const std::string limit_text = HumanBytes(limit);
  const DestinationFigure* memory = metrics.Find(DestinationMetrics::kMemory);
  if (memory == nullptr) {
    std::string why = !metrics.asked             ? "the churn worker was given no metrics URL"
                      : !metrics.trouble.empty() ? metrics.trouble
                      : metrics.scrapes > 0      ? "the page does not have it"
                                                 : "the page was never read";
    findings.Add({std::string(name), limit_text, "no samples", Outcome::kInconclusive},
                 reason::kDestinationMetricsMissing,
                 fmt::format("{} could not be judged: process_resident_memory_bytes was in none of {} scrapes: {}",
                             name, metrics.scrapes, why));
    return;
  }
  const double measured = measure(*memory);
  const std::string measured_text = HumanBytes(measured);
  findings.Add({std::string(name), limit_text, measured_text, measured <= limit ? Outcome::kPass : Outcome::kFail},
               reason, fmt::format("{} is {}, over its limit of {}", name, measured_text, limit_text));
}

void JudgeDestination(Findings& findings, const Criteria& criteria, const DestinationMetrics& metrics) {
  if (criteria.destination_memory) {
    JudgeMemory(
        findings, "destinationMemory", reason::kDestinationMemory, *criteria.destination_memory,
        [](const DestinationFigure& memory) { return memory.max; }, metrics);
  }
  if (criteria.destination_memory_growth) {
    JudgeMemory(
        findings, "destinationMemoryGrowth", reason::kDestinationMemoryGrowth, *criteria.destination_memory_growth,
        [](const DestinationFigure& memory) { return memory.Growth(); }, metrics);
  }
}

/// What kept the run from being measured: none of it fails a run, all of it keeps it from passing.
void JudgeFacts(Findings& findings, const RunFacts& facts, double max_lost_percent, const ClientSnapshot& clients,
                const ServiceCounts& total, const ChurnSnapshot& churn) {
  findings.Unless(facts.started, reason::kNotStarted, "the run never started: not every worker became ready");
  findings.Unless(!TooManyLost(max_lost_percent, facts), reason::kClientsLost,
                  fmt::format("more than {:g}% of the clients were lost", max_lost_percent));
  findings.Unless(!TooFewConcluded(max_lost_percent, facts), reason::kClientsLost,
                  fmt::format("only {} of {} clients delivered their final figures", facts.clients_concluded,
                              facts.clients_expected));
  findings.Unless(facts.finished, reason::kNotFinished,
                  "the run ended before churn and clients had done all they were told");
  findings.Unless(facts.streams_peak >= facts.streams_expected, reason::kStreamsShort,
                  fmt::format("only {} of {} streams held the whole truth at one time", facts.streams_peak,
                              facts.streams_expected));
  const std::uint64_t due_at_end = StreamsDueAtEnd(facts);
  findings.Unless(
      facts.streams_at_end >= due_at_end, reason::kStreamsShort,
      fmt::format("only {} of {} streams had held the whole truth at the end", facts.streams_at_end, due_at_end));
  findings.Unless(!facts.clock_lost, reason::kClockJumped,
                  fmt::format("the wall clock was set during the run, and churn began anew by another time: {}",
                              fmt::join(facts.clock_jumped, "; ")));
  findings.Unless(facts.saturated.empty(), reason::kClientSaturated,
                  fmt::format("clients could not keep up: {}", fmt::join(facts.saturated, "; ")));
  findings.Unless(clients.truth_gaps == 0, reason::kTruthGaps,
                  fmt::format("the history of changes had {} holes on its way to the clients", clients.truth_gaps));
  findings.Unless(clients.early_overflow == 0, reason::kTruthOverflow,
                  fmt::format("{} observations were dropped because the truth came too late", clients.early_overflow));
  findings.Unless(total.pending <= facts.abandoned, reason::kUpdatesPending,
                  fmt::format("{} updates were neither seen nor given up",
                              total.pending - std::min(total.pending, facts.abandoned)));
  findings.Unless(churn.changes == 0 || total.due > 0 || facts.streams_expected == 0, reason::kNothingMeasured,
                  fmt::format("{} changes were published, but none was due on a stream", churn.changes));
}

}  // namespace

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return "Pass";
    case Outcome::kFail:
      return "Fail";
    case Outcome::kInconclusive:
      return "Inconclusive";
  }
  return "Inconclusive";
}

Verdict Judge(const Criteria& criteria, const RunFacts& facts, const ClientSnapshot& clients,
              const ChurnSnapshot& churn) {
  const ServiceCounts total = clients.Total();
  const bool due = total.due > 0;
  const Micros error = clients.clock_error;
  const Micros late = clients.lag.queue.Quantile(0.99).value_or(Micros{0});
  const bool doubted = facts.clock_lost || !facts.saturated.empty();
  Findings findings;
  JudgeMissing(findings, total);
  if (criteria.invariants) JudgeInvariants(findings, clients);
  JudgeFacts(findings, facts, criteria.max_lost_percent, clients, total, churn);
  JudgeLeg(findings,
           {"kubernetes", reason::kKubernetes, criteria.kubernetes, churn.kubernetes, due || churn.changes > 0});
  JudgeLeg(findings, {"destination", reason::kDestination, criteria.destination, total.destination, due, error, late,
                      doubted, facts.abandoned});
  JudgeLeg(findings, {"endToEnd", reason::kEndToEnd, criteria.end_to_end, total.end_to_end, due, error, late, doubted,
                      facts.abandoned});
  if (criteria.stream_timeout_percent) JudgeTimeouts(findings, *criteria.stream_timeout_percent, clients);
  JudgeDestination(findings, criteria, churn.destination);
  return std::move(findings).Sum(GivenUpText(facts));
}

std::optional<Verdict> Breach(Criteria criteria, const RunFacts& facts, const ClientSnapshot& clients,
                              const ChurnSnapshot& churn) {
  const ServiceCounts total = clients.Total();
  const auto wait_for_samples = [](LegCriteria& leg, const Histogram& samples) {
    if (samples.Count() < kEnoughToAbort) leg = {{}, {}, {}, {}, leg.max};
  };
  wait_for_samples(criteria.kubernetes, churn.kubernetes);
  wait_for_samples(criteria.destination, total.destination);
  wait_for_samples(criteria.end_to_end, total.end_to_end);
  Verdict verdict = Judge(criteria, facts, clients, churn);
  if (verdict.outcome != Outcome::kFail) return std::nullopt;
  return verdict;
}

}  // namespace dst_load::measure
