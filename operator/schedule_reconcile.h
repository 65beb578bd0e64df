#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "operator/schedule.h"
#include "operator/time_zone.h"

namespace dst_load::op {

/// Everything that a decision about one LoadTestSchedule rests on.
struct ObservedSchedule {
  Schedule schedule;
  std::vector<ScheduledTest> tests;         ///< of this schedule
  Result<TimeZone> zone = TimeZone::Utc();  ///< of spec.timeZone
  std::optional<Error> trouble;             ///< why the last pass could not make a LoadTest
  /// LoadTests of this schedule, gone or not, whose Services and Deployments are there. Looked for when one is due.
  std::vector<std::string> leftovers;
};

/// What is to be done, in order; what follows one that fails is not done. Every action can be repeated.
namespace schedule_action {

/// The LoadTest for this time. One that is there is as good.
struct CreateTest {
  WallTime at{};
};
struct DeleteTest {
  std::string name;
  std::string why;
};
/// Written only if nothing else wrote meanwhile.
struct PatchStatus {
  ScheduleStatus status;
};

}  // namespace schedule_action

using ScheduleAction =
    std::variant<schedule_action::CreateTest, schedule_action::DeleteTest, schedule_action::PatchStatus>;

struct SchedulePlan {
  std::vector<ScheduleAction> actions;
  std::optional<Micros> requeue;
};

/// Decides what is to be done for one LoadTestSchedule. Pure. As a CronJob does: of several times that were missed only
/// the last is made up for, and none that is older than startingDeadlineSeconds. Unless tests may be concurrent, one
/// also waits until what the one before made is gone: its workload has the same names.
SchedulePlan ReconcileSchedule(const ObservedSchedule& seen, WallTime now);

}  // namespace dst_load::op
