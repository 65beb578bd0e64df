#include "operator/schedule.h"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "test/unit/operator/schedule_sample.h"
#include "test/unit/operator/zones.h"

namespace dst_load::op {
namespace {

using namespace sample;
using nlohmann::json;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("A schedule and its status read back as they were written", "[schedule]") {
  const auto schedule = ParseSchedule(json::parse(R"({
    "metadata":{"name":"a","namespace":"n","uid":"u","creationTimestamp":"2026-05-01T10:30:00Z"},
    "spec":{"schedule":"@daily","timeZone":"Europe/Berlin","concurrencyPolicy":"Replace","startingDeadlineSeconds":60,
            "successfulRunsHistoryLimit":1,"failedRunsHistoryLimit":0,"suspend":true,"loadTestTemplate":{"spec":{"a":1}}}})"));
  CHECK(schedule.created == kCreated);
  CHECK(schedule.spec.schedule == "@daily");
  CHECK(schedule.spec.time_zone == "Europe/Berlin");
  CHECK(schedule.spec.concurrency == Concurrency::kReplace);
  CHECK(schedule.spec.starting_deadline == seconds{60});
  CHECK(schedule.spec.successful_history == 1);
  CHECK(schedule.spec.failed_history == 0);
  CHECK(schedule.spec.suspend);
  ScheduleStatus status;
  status.observed_generation = 3;
  status.active = {"a-1", "a-2"};
  status.last_schedule = status.last_successful = status.next_schedule = kCreated;
  status.conditions = {{"Ready", Truth::kTrue, "Scheduled", "m", 3, kCreated}};
  CHECK(ParseSchedule(json{{"status", StatusToJson(status)}}).status == status);
  CHECK(ParseSchedule(json{{"status", StatusToJson(ScheduleStatus{})}}).status == ScheduleStatus{});
}

TEST_CASE("A scheduled test has the template's fields, a fixed name, and the schedule as its owner", "[schedule]") {
  ObservedSchedule seen = Hourly();
  seen.schedule.spec.test_template =
      R"({"metadata":{"labels":{"team":"a"},"annotations":{"b":"c"}},"spec":{"workload":{"services":3}}})";
  const json test = BuildScheduledTest(seen.schedule, At("2026-05-01T11:00:00Z"));
  CHECK(test.at("metadata").at("name") == "nightly-29627220");
  CHECK(test.at("metadata").at("labels") == json{{"team", "a"}, {"dst-load.dev/schedule", "nightly"}});
  CHECK(test.at("metadata").at("annotations") ==
        json{{"b", "c"}, {"dst-load.dev/scheduled-at", "2026-05-01T11:00:00Z"}});
  CHECK(test.at("spec") == json{{"workload", {{"services", 3}}}});
  const auto read = ParseScheduledTest(test);
  CHECK(read.schedule == "nightly");
  CHECK(read.owner_uid == "uid-1");
  CHECK(read.phase == Phase::kNone);
}

TEST_CASE("Before its time nothing is made, and the next time is told", "[schedule]") {
  const Done done = Reconciled(Hourly(), At("2026-05-01T10:59:59Z"));
  CHECK(done.made.empty());
  CHECK(done.ready == "True/Scheduled");
  CHECK(done.status.next_schedule == At("2026-05-01T11:00:00Z"));
  CHECK(done.status.observed_generation == 2);
  CHECK(done.requeue == seconds{1});
}

TEST_CASE("At its time one test is made, and none again for that time", "[schedule]") {
  ObservedSchedule seen = Hourly();
  const Done done = Reconciled(seen, At("2026-05-01T11:00:00Z"));
  CHECK(done.made == std::vector<std::string>{"nightly-29627220"});
  CHECK(done.status.last_schedule == At("2026-05-01T11:00:00Z"));
  CHECK(done.status.next_schedule == At("2026-05-01T12:00:00Z"));
  // The status was not written: the same name again, so nothing is doubled.
  CHECK(Reconciled(seen, At("2026-05-01T11:00:20Z")).made == done.made);
  seen.schedule.status = done.status;
  const Done again = Reconciled(seen, At("2026-05-01T11:00:20Z"));
  CHECK(again.made.empty());
  CHECK(again.status == done.status);
  CHECK(ReconcileSchedule(seen, At("2026-05-01T11:00:20Z")).actions.empty());
}

TEST_CASE("Of the times that were missed the last is made up for, within the deadline", "[schedule]") {
  ObservedSchedule seen = Hourly();
  const WallTime now = At("2026-05-03T15:20:00Z");
  CHECK(Reconciled(seen, now).made ==
        std::vector<std::string>{ScheduledName(seen.schedule, At("2026-05-03T15:00:00Z"))});
  seen.schedule.spec.starting_deadline = minutes{20};
  CHECK(Reconciled(seen, now).made.size() == 1);
  seen.schedule.spec.starting_deadline = minutes{19};
  CHECK(Reconciled(seen, now).made.empty());
}

TEST_CASE("A suspended schedule makes nothing, and says so", "[schedule]") {
  ObservedSchedule seen = Hourly();
  seen.schedule.spec.suspend = true;
  seen.schedule.status.next_schedule = At("2026-05-01T11:00:00Z");
  const Done done = Reconciled(seen, At("2026-05-01T11:00:00Z"));
  CHECK(done.made.empty());
  CHECK(done.ready == "True/Suspended");
  CHECK_FALSE(done.status.next_schedule.has_value());
  CHECK_FALSE(done.requeue.has_value());
}

TEST_CASE("A schedule knows the names of its tests from those of others", "[schedule]") {
  const Schedule schedule = Hourly().schedule;
  CHECK(IsScheduledName(schedule, "nightly-29627220"));
  for (const char* other : {"nightly", "nightly-", "nightly-1-29627220", "nightlyx-1", "other-29627220", ""}) {
    INFO(other);
    CHECK_FALSE(IsScheduledName(schedule, other));
  }
}

TEST_CASE("A schedule or a time zone that cannot be read is why it is stalled", "[schedule]") {
  ObservedSchedule seen = Hourly();
  SECTION("schedule") {
    seen.schedule.spec.schedule = "61 * * * *";
    CHECK(Reconciled(seen, kCreated + hours{1}).ready == "False/InvalidSchedule");
  }
  SECTION("time zone") {
    seen.zone = Fail(Code::kNotFound, "time zone \"Nowhere\" is not known");
    CHECK(Reconciled(seen, kCreated + hours{1}).ready == "False/UnknownTimeZone");
  }
  const Done done = Reconciled(seen, kCreated + hours{1});
  CHECK(done.made.empty());
  CHECK(done.status.conditions.size() == 3);
  CHECK_FALSE(done.requeue.has_value());
}

TEST_CASE("A time that never comes is told", "[schedule]") {
  ObservedSchedule seen = Hourly();
  seen.schedule.spec.schedule = "0 0 30 2 *";
  CHECK(Reconciled(seen, kCreated + hours{1}).ready == "True/NeverDue");
}

TEST_CASE("What could not be made is told before it is tried again, and is due until it is made", "[schedule]") {
  ObservedSchedule seen = Hourly();
  const WallTime now = At("2026-05-01T11:00:05Z");
  seen.trouble = Error{Code::kInvalid, "create loadtests/ns/x: spec.client.replicas: Invalid value"};
  const SchedulePlan plan = ReconcileSchedule(seen, now);
  REQUIRE(plan.actions.size() == 3);
  const auto& told = std::get<schedule_action::PatchStatus>(plan.actions[0]).status;
  CHECK(told.conditions[0].reason == "TemplateRefused");
  CHECK_FALSE(told.last_schedule.has_value());
  CHECK(std::holds_alternative<schedule_action::CreateTest>(plan.actions[1]));
  CHECK(std::get<schedule_action::PatchStatus>(plan.actions[2]).status.last_schedule == At("2026-05-01T11:00:00Z"));
  seen.schedule.status = told;
  CHECK(std::holds_alternative<schedule_action::CreateTest>(ReconcileSchedule(seen, now).actions.at(0)));
  seen.trouble = Error{Code::kUnavailable, "create loadtests/ns/x: no answer"};
  CHECK(
      std::get<schedule_action::PatchStatus>(ReconcileSchedule(seen, now).actions.at(0)).status.conditions[0].reason ==
      "CreateFailed");
}

TEST_CASE("A schedule goes by the clocks of its time zone", "[schedule]") {
  ObservedSchedule seen = Hourly();
  seen.schedule.spec.schedule = "0 2 * * *";
  seen.zone = zones::Berlin();
  CHECK(Reconciled(seen, kCreated + seconds{1}).status.next_schedule == At("2026-05-02T00:00:00Z"));
}

TEST_CASE("A schedule that is being deleted is left alone", "[schedule]") {
  ObservedSchedule seen = Hourly();
  seen.schedule.meta.deleting = true;
  CHECK(ReconcileSchedule(seen, kCreated + hours{3}).actions.empty());
}

TEST_CASE("Whatever is lost or repeated, each time has at most one test, and a healthy schedule misses none",
          "[schedule]") {
  // Played minute by minute for a day: every third status write is lost, tests run for seven minutes.
  ObservedSchedule seen = Hourly();
  seen.schedule.spec.schedule = "*/10 * * * *";
  seen.schedule.spec.successful_history = 2;
  std::map<std::string, int> made;
  int writes = 0;
  for (WallTime now = kCreated; now <= kCreated + hours{24}; now += minutes{1}) {
    for (auto& test : seen.tests) {
      if (IsTerminal(test.phase) || now < WallTime{minutes{std::stoll(test.meta.name.substr(8))}} + minutes{7})
        continue;
      test.phase = Phase::kSucceeded;
      test.completion = now;
    }
    const SchedulePlan plan = ReconcileSchedule(seen, now);
    for (const ScheduleAction& each : plan.actions) {
      if (const auto* make = std::get_if<schedule_action::CreateTest>(&each)) {
        const std::string name = ScheduledName(seen.schedule, make->at);
        if (std::none_of(seen.tests.begin(), seen.tests.end(), [&](auto& test) { return test.meta.name == name; })) {
          ++made[name];
          seen.tests.push_back(Made(seen, FormatTimeSeconds(make->at).c_str(), Phase::kPending));
        }
      } else if (const auto* drop = std::get_if<schedule_action::DeleteTest>(&each)) {
        std::erase_if(seen.tests, [&](const auto& test) { return test.meta.name == drop->name; });
      } else if (++writes % 3 != 0) {
        seen.schedule.status = std::get<schedule_action::PatchStatus>(each).status;
      }
    }
  }
  CHECK(made.size() == 144);
  for (const auto& [name, times] : made) {
    INFO(name);
    CHECK(times == 1);
  }
}

}  // namespace
}  // namespace dst_load::op
