#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "base/time.h"
#include "operator/load_test.h"

namespace dst_load::op {

inline constexpr kube::Resource kSchedules{"dst-load.dev", "v1alpha1", "loadtestschedules", "LoadTestSchedule", true};
/// On a LoadTest: the name of the schedule that made it.
inline constexpr std::string_view kScheduleLabel = "dst-load.dev/schedule";
/// On a LoadTest: the time that it was scheduled for.
inline constexpr std::string_view kScheduledAtAnnotation = "dst-load.dev/scheduled-at";

/// What becomes of a time at which the test before is still active. Names as in spec.concurrencyPolicy.
enum class Concurrency { kAllow, kForbid, kReplace };

/// spec, as crds/loadtestschedule.yaml describes it; the same defaults.
struct ScheduleSpec {
  std::string schedule;
  std::string time_zone;  ///< empty: UTC
  Concurrency concurrency = Concurrency::kForbid;
  std::optional<std::chrono::seconds> starting_deadline;
  std::int64_t successful_history = 3;
  std::int64_t failed_history = 3;
  bool suspend = false;
  std::string test_template;  ///< loadTestTemplate, JSON: passed through
};

/// status, as crds/loadtestschedule.yaml describes it. Times are whole seconds.
struct ScheduleStatus {
  std::int64_t observed_generation = 0;
  std::vector<std::string> active;  ///< in order of their names
  std::optional<WallTime> last_schedule, last_successful, next_schedule;
  std::vector<Condition> conditions;
  bool operator==(const ScheduleStatus&) const = default;
};

/// One LoadTestSchedule as last seen.
struct Schedule {
  Meta meta;
  WallTime created{};
  ScheduleSpec spec;
  ScheduleStatus status;
};

/// A LoadTest that a schedule has made.
struct ScheduledTest {
  Meta meta;
  std::string schedule;   ///< name of its schedule
  std::string owner_uid;  ///< of its schedule
  Phase phase = Phase::kNone;
  std::optional<WallTime> completion;
};

/// Read what the API server holds; what is absent takes its default. Never fail.
Schedule ParseSchedule(const nlohmann::json& object);
ScheduledTest ParseScheduledTest(const nlohmann::json& object);

/// The value of `status` in a merge patch: what is empty is null.
nlohmann::json StatusToJson(const ScheduleStatus& status);

/// "NAME-UNIXMINUTES": the same time has the same name, so that it is never made twice.
std::string ScheduledName(const Schedule& schedule, WallTime at);
/// True for the name of a LoadTest that this schedule makes, or made.
bool IsScheduledName(const Schedule& schedule, std::string_view name);
/// The LoadTest for that time, owned by the schedule.
nlohmann::json BuildScheduledTest(const Schedule& schedule, WallTime at);

}  // namespace dst_load::op
