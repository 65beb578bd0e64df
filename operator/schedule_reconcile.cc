#include "operator/schedule_reconcile.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "operator/conditions.h"
#include "operator/cron.h"
#include "operator/reasons.h"

namespace dst_load::op {
namespace {

/// However far the next time is: the machine's clock may be set.
constexpr Micros kLookAgain = std::chrono::minutes{10};
constexpr Micros kWaitForGone = std::chrono::seconds{2};
/// How long the workload of a test that has ended may take to go. One with `cleanup: Never` stays for good.
constexpr Micros kCleanup = std::chrono::minutes{2};

Instant WholeSeconds(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time); }

struct Situation {
  Truth ready = Truth::kTrue;
  std::string_view reason;  ///< one of operator/reasons.h
  std::string message;
};

std::vector<const ScheduledTest*> TestsThat(const ObservedSchedule& seen, bool active) {
  std::vector<const ScheduledTest*> found;
  for (const ScheduledTest& test : seen.tests) {
    if (test.owner_uid == seen.schedule.meta.uid && IsTerminal(test.phase) != active) found.push_back(&test);
  }
  return found;
}

ScheduleStatus StatusOf(const ObservedSchedule& seen) {
  ScheduleStatus status = seen.schedule.status;
  status.observed_generation = seen.schedule.meta.generation;
  status.active.clear();
  for (const ScheduledTest* test : TestsThat(seen, true)) status.active.push_back(test->meta.name);
  std::sort(status.active.begin(), status.active.end());
  for (const ScheduledTest* test : TestsThat(seen, false)) {
    if (test->phase != Phase::kSucceeded || !test->completion) continue;
    status.last_successful = std::max(status.last_successful.value_or(WallTime{}), *test->completion);
  }
  status.next_schedule.reset();
  return status;
}

void SetConditions(ScheduleStatus& status, const Situation& situation, std::int64_t generation, WallTime now) {
  LoadTestStatus held;
  held.conditions = std::move(status.conditions);
  const auto set = [&](std::string_view type, Truth truth) {
    SetCondition(held, {std::string(type), truth, std::string(situation.reason), situation.message, generation, {}},
                 now);
  };
  const bool ready = situation.ready == Truth::kTrue;
  set(condition::kReady, situation.ready);
  set(condition::kReconciling, Truth::kFalse);
  set(condition::kStalled, ready ? Truth::kFalse : Truth::kTrue);
  status.conditions = std::move(held.conditions);
}

/// One pass: collects the plan.
class Pass {
 public:
  Pass(const ObservedSchedule& seen, WallTime now)
      : seen_(seen), spec_(seen.schedule.spec), now_(now), status_(StatusOf(seen)) {}

  SchedulePlan Take() {
    const auto cron = CronSchedule::Parse(spec_.schedule);
    if (!cron) return Stall(reason::kInvalidSchedule, "spec.schedule: " + cron.error().message);
    if (!seen_.zone) return Stall(reason::kUnknownTimeZone, "spec.timeZone: " + seen_.zone.error().message);
    PruneHistory();
    if (spec_.suspend) {
      Write({Truth::kTrue, reason::kSuspended, "no test is made until spec.suspend is false"});
      return std::move(plan_);
    }
    status_.next_schedule = cron->Next(WholeSeconds(now_), *seen_.zone);
    if (const auto due = Due(*cron)) {
      Run(*due);
    } else {
      Write(Waiting());
    }
    PlanNextLook();
    return std::move(plan_);
  }

 private:
  SchedulePlan Stall(std::string_view reason, std::string message) {
    Write({Truth::kFalse, reason, std::move(message)});
    return std::move(plan_);
  }

  /// The time that a test is to be made for now, if any.
  std::optional<Instant> Due(const CronSchedule& cron) const {
    const Instant now = WholeSeconds(now_);
    Instant since = WholeSeconds(status_.last_schedule.value_or(seen_.schedule.created));
    if (spec_.starting_deadline) since = std::max(since, now - *spec_.starting_deadline - std::chrono::seconds{1});
    if (since >= now) return std::nullopt;
    return cron.Last(since, now, *seen_.zone);
  }

  void Run(Instant due) {
    const std::string name = ScheduledName(seen_.schedule, due);
    auto active = TestsThat(seen_, true);
    std::erase_if(active, [&](const ScheduledTest* test) { return test->meta.name == name; });
    if (spec_.concurrency != Concurrency::kAllow && !IsClear(active, name)) return;
    if (seen_.trouble) {
      // Told before it is tried again, with the time that is still to be made up for.
      Write({Truth::kFalse, IsInvalid(*seen_.trouble) ? reason::kTemplateRefused : reason::kCreateFailed,
             seen_.trouble->message});
    }
    plan_.actions.push_back(schedule_action::CreateTest{due});
    status_.last_schedule = due;
    Write(Waiting());
  }

  /// True when nothing of the tests before is in the way of this one. Otherwise it tells, and sees to it.
  bool IsClear(const std::vector<const ScheduledTest*>& active, const std::string& name) {
    if (!active.empty()) {
      if (spec_.concurrency == Concurrency::kReplace) {
        for (const ScheduledTest* test : active) Delete(*test, "replaced by " + name);
      }
      Write({Truth::kTrue, reason::kPreviousActive,
             fmt::format("LoadTest {} is still active; the test that is due waits", active[0]->meta.name)});
      return false;
    }
    for (const std::string& leftover : seen_.leftovers) {
      if (leftover == name || !IsGoing(leftover)) continue;
      soon_ = true;
      Write({Truth::kTrue, reason::kPreviousActive,
             fmt::format("Services or Deployments of LoadTest {} are still there; the test that is due waits",
                         leftover)});
      return false;
    }
    return true;
  }

  /// True when the workload of this test is about to be deleted.
  bool IsGoing(const std::string& name) const {
    for (const ScheduledTest& test : seen_.tests) {
      if (test.meta.name == name) return test.meta.deleting || (test.completion && now_ < *test.completion + kCleanup);
    }
    return true;
  }

  Situation Waiting() const {
    if (!status_.next_schedule)
      return {Truth::kTrue, reason::kNeverDue, "spec.schedule names no time in the next ten years"};
    return {Truth::kTrue, reason::kScheduled,
            fmt::format("the next test is due at {}", FormatTimeSeconds(*status_.next_schedule))};
  }

  void PruneHistory() {
    std::vector<const ScheduledTest*> succeeded, failed;
    for (const ScheduledTest* test : TestsThat(seen_, false)) {
      (test->phase == Phase::kSucceeded ? succeeded : failed).push_back(test);
    }
    Prune(std::move(succeeded), spec_.successful_history);
    Prune(std::move(failed), spec_.failed_history);
  }

  void Prune(std::vector<const ScheduledTest*> tests, std::int64_t limit) {
    std::sort(tests.begin(), tests.end(), [](const auto* a, const auto* b) {
      return std::tie(a->completion, a->meta.name) > std::tie(b->completion, b->meta.name);
    });
    for (std::size_t i = static_cast<std::size_t>(std::max<std::int64_t>(limit, 0)); i < tests.size(); ++i) {
      Delete(*tests[i], "history limit");
    }
  }

  void Delete(const ScheduledTest& test, std::string why) {
    if (!test.meta.deleting) plan_.actions.push_back(schedule_action::DeleteTest{test.meta.name, std::move(why)});
  }

  void Write(const Situation& situation) {
    ScheduleStatus status = status_;
    SetConditions(status, situation, seen_.schedule.meta.generation, now_);
    if (status != last_written_) plan_.actions.push_back(schedule_action::PatchStatus{status});
    last_written_ = std::move(status);
  }

  void PlanNextLook() {
    plan_.requeue = soon_ ? kWaitForGone : kLookAgain;
    if (!status_.next_schedule) return;
    plan_.requeue = std::clamp<Micros>(*status_.next_schedule - now_, Micros{0}, *plan_.requeue);
  }

  const ObservedSchedule& seen_;
  const ScheduleSpec& spec_;
  const WallTime now_;
  ScheduleStatus status_;
  ScheduleStatus last_written_ = seen_.schedule.status;
  bool soon_ = false;  ///< something is about to go, and nobody tells of it
  SchedulePlan plan_;
};

}  // namespace

SchedulePlan ReconcileSchedule(const ObservedSchedule& seen, WallTime now) {
  if (seen.schedule.meta.deleting) return {};
  return Pass(seen, now).Take();
}

}  // namespace dst_load::op
