#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "operator/conditions.h"
#include "operator/schedule.h"
#include "operator/schedule_reconcile.h"

namespace dst_load::op::sample {

inline WallTime At(const char* text) { return ParseTime(text).value(); }
inline const WallTime kCreated = At("2026-05-01T10:30:00Z");

/// Every hour, made at 10:30.
inline ObservedSchedule Hourly() {
  ObservedSchedule seen;
  seen.schedule.meta = {"ns", "nightly", "uid-1", "7", 2, false};
  seen.schedule.created = kCreated;
  seen.schedule.spec.schedule = "0 * * * *";
  return seen;
}

inline ScheduledTest Made(const ObservedSchedule& seen, const char* at, Phase phase) {
  ScheduledTest test;
  test.meta = {"ns", ScheduledName(seen.schedule, At(at)), "t", "1", 1, false};
  test.schedule = "nightly";
  test.owner_uid = "uid-1";
  test.phase = phase;
  if (IsTerminal(phase)) test.completion = At(at) + std::chrono::minutes{5};
  return test;
}

/// What a plan does, in short, and the status that it ends with.
struct Done {
  std::vector<std::string> made, deleted;
  ScheduleStatus status;
  std::string ready;  ///< STATUS/REASON
  std::optional<Micros> requeue;
};

inline Done Reconciled(const ObservedSchedule& seen, WallTime now) {
  const SchedulePlan plan = ReconcileSchedule(seen, now);
  Done done;
  done.status = seen.schedule.status;
  done.requeue = plan.requeue;
  for (const ScheduleAction& each : plan.actions) {
    if (const auto* make = std::get_if<schedule_action::CreateTest>(&each)) {
      done.made.push_back(ScheduledName(seen.schedule, make->at));
    } else if (const auto* drop = std::get_if<schedule_action::DeleteTest>(&each)) {
      done.deleted.push_back(drop->name);
    } else {
      done.status = std::get<schedule_action::PatchStatus>(each).status;
    }
  }
  for (const Condition& each : done.status.conditions) {
    if (each.type == "Ready") done.ready = (each.status == Truth::kTrue ? "True/" : "False/") + each.reason;
  }
  return done;
}

}  // namespace dst_load::op::sample
