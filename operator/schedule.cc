#include "operator/schedule.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/object.h"

namespace dst_load::op {
namespace {

using nlohmann::json;

std::optional<WallTime> TimeAt(const json& object, std::string_view path) {
  const auto time = ParseTime(kube::StringAt(object, path));
  if (!time) return std::nullopt;
  return *time;
}

json TimeOrNull(const std::optional<WallTime>& time) { return time ? json(FormatTimeSeconds(*time)) : json(nullptr); }

Concurrency ConcurrencyOf(const std::string& text) {
  if (text == "Allow") return Concurrency::kAllow;
  return text == "Replace" ? Concurrency::kReplace : Concurrency::kForbid;
}

ScheduleSpec ParseScheduleSpec(const json& object) {
  ScheduleSpec spec;
  spec.schedule = kube::StringAt(object, "spec.schedule");
  spec.time_zone = kube::StringAt(object, "spec.timeZone");
  spec.concurrency = ConcurrencyOf(kube::StringAt(object, "spec.concurrencyPolicy"));
  if (const auto deadline = kube::IntAt(object, "spec.startingDeadlineSeconds")) {
    spec.starting_deadline = std::chrono::seconds{*deadline};
  }
  spec.successful_history = kube::IntAt(object, "spec.successfulRunsHistoryLimit").value_or(spec.successful_history);
  spec.failed_history = kube::IntAt(object, "spec.failedRunsHistoryLimit").value_or(spec.failed_history);
  const json* suspend = kube::MemberAt(object, "spec.suspend");
  spec.suspend = suspend != nullptr && suspend->is_boolean() && suspend->get<bool>();
  if (const json* given = kube::MemberAt(object, "spec.loadTestTemplate")) spec.test_template = given->dump();
  return spec;
}

ScheduleStatus ParseScheduleStatus(const json& object) {
  ScheduleStatus status;
  status.observed_generation = kube::IntAt(object, "status.observedGeneration").value_or(0);
  if (const json* active = kube::MemberAt(object, "status.active"); active != nullptr && active->is_array()) {
    for (const json& name : *active) {
      if (name.is_string()) status.active.push_back(name.get<std::string>());
    }
  }
  status.last_schedule = TimeAt(object, "status.lastScheduleTime");
  status.last_successful = TimeAt(object, "status.lastSuccessfulTime");
  status.next_schedule = TimeAt(object, "status.nextScheduleTime");
  // Conditions have one form everywhere.
  status.conditions = ParseStatus(object).conditions;
  return status;
}

json TemplateMember(const json& given, std::string_view path) {
  const json* member = kube::MemberAt(given, path);
  return member != nullptr && member->is_object() ? *member : json::object();
}

}  // namespace

Schedule ParseSchedule(const json& object) {
  Schedule schedule;
  schedule.meta = ParseMeta(object);
  schedule.created = TimeAt(object, "metadata.creationTimestamp").value_or(WallTime{});
  schedule.spec = ParseScheduleSpec(object);
  schedule.status = ParseScheduleStatus(object);
  return schedule;
}

ScheduledTest ParseScheduledTest(const json& object) {
  ScheduledTest test;
  test.meta = ParseMeta(object);
  const auto status = ParseStatus(object);
  test.phase = status.phase;
  test.completion = status.completion_time;
  const json* labels = kube::MemberAt(object, "metadata.labels");
  const json* schedule = labels == nullptr ? nullptr : kube::Member(*labels, kScheduleLabel);
  if (schedule != nullptr && schedule->is_string()) test.schedule = schedule->get<std::string>();
  const json* owners = kube::MemberAt(object, "metadata.ownerReferences");
  if (owners == nullptr || !owners->is_array()) return test;
  for (const json& owner : *owners) {
    if (kube::StringAt(owner, "kind") == kSchedules.kind) test.owner_uid = kube::StringAt(owner, "uid");
  }
  return test;
}

json StatusToJson(const ScheduleStatus& status) {
  LoadTestStatus conditions;
  conditions.conditions = status.conditions;
  return {{"observedGeneration", status.observed_generation},
          {"active", status.active},
          {"lastScheduleTime", TimeOrNull(status.last_schedule)},
          {"lastSuccessfulTime", TimeOrNull(status.last_successful)},
          {"nextScheduleTime", TimeOrNull(status.next_schedule)},
          {"conditions", StatusToJson(conditions).at("conditions")}};
}

std::string ScheduledName(const Schedule& schedule, WallTime at) {
  return fmt::format("{}-{}", schedule.meta.name, at.time_since_epoch() / std::chrono::minutes{1});
}

bool IsScheduledName(const Schedule& schedule, std::string_view name) {
  const std::string prefix = schedule.meta.name + "-";
  if (name.size() <= prefix.size() || name.substr(0, prefix.size()) != prefix) return false;
  return name.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
}

json BuildScheduledTest(const Schedule& schedule, WallTime at) {
  const auto parsed = kube::ParseJson(schedule.spec.test_template);
  const json given = parsed ? *parsed : json::object();
  json labels = TemplateMember(given, "metadata.labels");
  json annotations = TemplateMember(given, "metadata.annotations");
  labels[std::string(kScheduleLabel)] = schedule.meta.name;
  annotations[std::string(kScheduledAtAnnotation)] = FormatTimeSeconds(at);
  return {{"apiVersion", kLoadTests.ApiVersion()},
          {"kind", kLoadTests.kind},
          {"metadata",
           {{"name", ScheduledName(schedule, at)},
            {"namespace", schedule.meta.ns},
            {"labels", std::move(labels)},
            {"annotations", std::move(annotations)},
            {"ownerReferences", json::array({{{"apiVersion", kSchedules.ApiVersion()},
                                              {"kind", kSchedules.kind},
                                              {"name", schedule.meta.name},
                                              {"uid", schedule.meta.uid},
                                              {"controller", true},
                                              {"blockOwnerDeletion", true}}})}}},
          {"spec", TemplateMember(given, "spec")}};
}

}  // namespace dst_load::op
