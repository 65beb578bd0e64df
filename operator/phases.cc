#include "operator/phases.h"

#include <fmt/format.h>

#include "base/duration.h"
#include "operator/conditions.h"
#include "operator/losses.h"
#include "operator/numbers.h"
#include "operator/progress_text.h"
#include "operator/reasons.h"

namespace dst_load::op {
namespace {

using coordination::ChurnStep;
using coordination::Stage;
using measure::Outcome;

/// Beyond the deadline, what a drain may take before the test is ended as it is.
constexpr Micros kDrainGrace = std::chrono::minutes{2};

Decision Make(Phase phase, std::string_view reason, std::string message) {
  Decision decision;
  decision.phase = phase;
  decision.reason = reason;
  decision.message = std::move(message);
  return decision;
}

Decision Keep(const LoadTestStatus& status) { return Make(status.phase, status.reason, status.message); }

Stage StageOf(const Observed& seen) { return seen.run ? seen.run->stage : Stage::kGathering; }

Micros Elapsed(const Observed& seen, WallTime now) {
  return seen.test.status.start_time ? now - *seen.test.status.start_time : Micros{0};
}

measure::Verdict JudgeRun(const Observed& seen) {
  const coordination::RunView none;
  const coordination::RunView& run = seen.run ? *seen.run : none;
  auto verdict = measure::Judge(seen.test.spec.criteria, run.facts, run.clients, run.churn);
  if (verdict.outcome == Outcome::kPass && ShowedMore(seen.test, run)) {
    verdict.outcome = Outcome::kInconclusive;
    verdict.reason = reason::kFiguresLost;
    verdict.message = "updates that were missing, or violations, were told of before, and went with their client";
  }
  return verdict;
}

/// Ends a test for a reason of its own. Nothing that was cut short passes.
Decision EndFor(const Observed& seen, Phase phase, std::string_view reason, std::string message) {
  Decision decision = Make(phase, reason, std::move(message));
  decision.verdict = JudgeRun(seen);
  if (decision.verdict->outcome == Outcome::kPass) decision.verdict->outcome = Outcome::kInconclusive;
  return decision;
}

/// Why a test that is to be aborted then cannot pass any more.
std::optional<measure::Verdict> BreachOf(const Observed& seen) {
  if (!seen.test.spec.abort_on_breach || !seen.run) return std::nullopt;
  return measure::Breach(seen.test.spec.criteria, seen.run->facts, seen.run->clients, seen.run->churn);
}

bool RunsUntilStopped(const Spec& spec) { return !spec.churn.cycles && !spec.churn.duration; }

Decision EndStopped(const Observed& seen) {
  Decision decision = Make(Phase::kStopped, reason::kStopped, "");
  decision.verdict = JudgeRun(seen);
  // Being stopped is how a test without an end of its own ends; any other was cut short.
  if (decision.verdict->outcome == Outcome::kPass && !RunsUntilStopped(seen.test.spec)) {
    decision.verdict->outcome = Outcome::kInconclusive;
    decision.verdict->message = "stopped before it was done";
  }
  decision.message = fmt::format("stopped on request: {}", decision.verdict->message);
  return decision;
}

Decision EndByVerdict(const Observed& seen) {
  auto verdict = JudgeRun(seen);
  const Phase phase = verdict.outcome == Outcome::kPass ? Phase::kSucceeded : Phase::kFailed;
  Decision decision = Make(phase, verdict.reason, verdict.message);
  decision.verdict = std::move(verdict);
  return decision;
}

/// The run is over: how it ends depends on why it began to drain.
Decision Conclude(const Observed& seen, const Decision& draining) {
  if (draining.reason == reason::kDraining) return EndByVerdict(seen);
  // What the rest of the run would have made of a quantile that came back within its limit, nobody knows.
  if (draining.reason == reason::kAborted && JudgeRun(seen).outcome == Outcome::kFail) return EndByVerdict(seen);
  if (draining.reason == reason::kStopRequested) return EndStopped(seen);
  return EndFor(seen, Phase::kFailed, draining.reason, draining.message);
}

bool ChurnFailed(const Observed& seen) { return seen.run && seen.run->progress.step == ChurnStep::kFailed; }

Decision ChurnFailure(const Observed& seen, Phase phase) {
  const auto& progress = seen.run->progress;
  return Make(phase, progress.reason.empty() ? reason::kChurnFailed : std::string_view(progress.reason),
              fmt::format("churn failed: {}", progress.message.empty() ? "no reason given" : progress.message));
}

/// Since when the churn worker is away; nullopt while it is there.
std::optional<Micros> ChurnAway(const Observed& seen, WallTime now) {
  if (!seen.run || seen.run->churn_attached) return std::nullopt;
  const Condition* ready = FindCondition(seen.test.status, condition::kChurnReady);
  if (ready == nullptr || ready->status != Truth::kFalse) return std::nullopt;
  return now - ready->last_transition;
}

Decision DecideStarting(const Observed& seen, WallTime now) {
  const Spec& spec = seen.test.spec;
  if (spec.stop) return EndFor(seen, Phase::kStopped, reason::kStopped, "stopped on request before churn began");
  if (StageOf(seen) >= Stage::kRunning) return Make(Phase::kRunning, reason::kRunning, RunningText(seen));
  if (ChurnFailed(seen)) {
    const Decision failure = ChurnFailure(seen, Phase::kFailed);
    return EndFor(seen, Phase::kFailed, failure.reason, failure.message);
  }
  const Trouble waiting = WhatIsMissing(seen);
  const Micros limit = std::min(spec.startup_deadline, spec.deadline.value_or(spec.startup_deadline));
  if (Elapsed(seen, now) >= limit) {
    return EndFor(seen, Phase::kFailed, waiting.reason,
                  fmt::format("not ready after {}: {}", FormatDuration(limit), waiting.message));
  }
  return Make(Phase::kStarting, reason::kStarting, waiting.message);
}

/// A step from Running into Draining, or Running.
Decision DecideRunning(const Observed& seen, WallTime now) {
  const Spec& spec = seen.test.spec;
  Decision decision = Make(Phase::kDraining, reason::kDraining, DrainingText(seen));
  if (StageOf(seen) >= Stage::kDraining) return decision;
  decision.stop_run = true;
  if (ChurnFailed(seen)) {
    const Decision failure = ChurnFailure(seen, Phase::kDraining);
    decision.reason = failure.reason;
    decision.message = failure.message;
    return decision;
  }
  if (spec.stop) {
    decision.reason = reason::kStopRequested;
    decision.message = "stopping: churn ends after its running step, then the clients drain";
    return decision;
  }
  if (auto lost = TooManyLost(seen)) {
    decision.reason = reason::kClientsLost;
    decision.message = std::move(*lost);
    return decision;
  }
  if (const auto breach = BreachOf(seen)) {
    decision.reason = reason::kAborted;
    decision.message = fmt::format("cannot pass any more: {}", breach->message);
    return decision;
  }
  if (spec.deadline && Elapsed(seen, now) >= *spec.deadline) {
    decision.reason = reason::kDeadlineExceeded;
    decision.message = fmt::format("not done after {}", FormatDuration(*spec.deadline));
    return decision;
  }
  if (spec.suspend) return Make(Phase::kRunning, reason::kSuspended, "suspended: " + RunningText(seen));
  return Make(Phase::kRunning, reason::kRunning, RunningText(seen));
}

Decision DecideDraining(const Observed& seen) {
  Decision decision = Keep(seen.test.status);
  const bool mine = decision.reason == reason::kDraining || decision.reason == reason::kClientsLost;
  if (auto lost = TooManyLost(seen); lost && mine) {
    decision.reason = reason::kClientsLost;
    decision.message = std::move(*lost);  // by now more may be known of why
  }
  if (decision.reason == reason::kDraining) {
    decision.message = DrainingText(seen);
  } else {
    // A coordinator that took over may not know that it was asked.
    decision.stop_run = seen.run && StageOf(seen) < Stage::kDraining;
  }
  return decision;
}

Decision DecideActive(const Observed& seen, WallTime now) {
  const Spec& spec = seen.test.spec;
  Decision decision = seen.test.status.phase == Phase::kRunning ? DecideRunning(seen, now) : DecideDraining(seen);
  if (StillGathering(seen)) return Keep(seen.test.status);
  if (StageOf(seen) >= Stage::kConcluded) return Conclude(seen, decision);
  const auto away = ChurnAway(seen, now);
  if (away && *away >= spec.startup_deadline) {
    return EndFor(seen, Phase::kFailed, reason::kChurnLost,
                  fmt::format("the churn worker did not come back within {}", FormatDuration(spec.startup_deadline)));
  }
  if (spec.deadline && Elapsed(seen, now) >= *spec.deadline + spec.convergence_deadline + kDrainGrace) {
    return EndFor(seen, Phase::kFailed, reason::kDeadlineExceeded,
                  fmt::format("not done after {}, and it did not drain", FormatDuration(*spec.deadline)));
  }
  return decision;
}

}  // namespace

Decision Decide(const Observed& seen, WallTime now) {
  const LoadTestStatus& status = seen.test.status;
  if (IsTerminal(status.phase)) return Keep(status);
  if (!seen.test.invalid.empty()) {
    Decision decision = Make(Phase::kFailed, reason::kInvalidSpec, seen.test.invalid);
    decision.verdict.emplace();
    return decision;
  }
  if (status.run_id.empty()) {
    if (seen.test.spec.stop) {
      return EndFor(seen, Phase::kStopped, reason::kStopped, "stopped on request before it began");
    }
    if (seen.test.spec.suspend) {
      return Make(Phase::kPending, reason::kSuspended, "suspended: it begins once spec.suspend is false");
    }
    return Make(Phase::kPending, reason::kPending, "about to start");
  }
  switch (status.phase) {
    case Phase::kNone:
    case Phase::kPending:
      return Make(Phase::kStarting, reason::kStarting, "making the workers");
    case Phase::kStarting:
      return DecideStarting(seen, now);
    default:
      return DecideActive(seen, now);
  }
}

}  // namespace dst_load::op
