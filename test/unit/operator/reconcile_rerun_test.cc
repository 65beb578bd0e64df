#include <catch2/catch.hpp>

#include "operator/conditions.h"
#include "operator/reconcile.h"
#include "operator/rerun.h"
#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

using sample::ConditionText;
using sample::Healthy;
using sample::kStart;
using sample::StatusAfter;
using std::chrono::hours;
using std::chrono::seconds;

/// A test that passed and is asked to run again; nothing of its run is at work any more.
Observed Asked() {
  Observed seen = Healthy(Phase::kSucceeded);
  seen.test.rerun_token = "2";
  seen.test.status.rerun_token = "1";
  seen.test.status.verdict = "Pass";
  seen.test.status.reason = "CriteriaMet";
  seen.test.status.client.updates = 100;
  seen.test.status.end_to_end = {100, "20ms", "24ms", "25ms", "26ms", "27ms"};
  seen.test.status.destination.p99 = "5ms";
  seen.test.status.report_config_map = "x-run1-report";
  seen.test.status.children_deleted_time = kStart + hours{1};
  seen.churn_pod->phase = "Succeeded";
  seen.clients.reset();
  seen.run_known = false;
  seen.run.reset();
  seen.workload_deleted = true;
  return seen;
}

bool Begins(const Observed& seen, WallTime now) {
  return StatusAfter(seen, Reconcile(seen, now)).run_id != seen.test.status.run_id;
}

TEST_CASE("A new token begins a new run, and the one before becomes history", "[reconcile][rerun]") {
  const Observed seen = Asked();
  const WallTime now = kStart + hours{2};
  const Plan plan = Reconcile(seen, now);
  const LoadTestStatus status = StatusAfter(seen, plan);
  CHECK(status.phase == Phase::kPending);
  CHECK(status.run_id == "fresh");
  CHECK(status.rerun_token == "2");
  CHECK(status.start_time == now);
  CHECK_FALSE(status.completion_time.has_value());
  CHECK_FALSE(status.children_deleted_time.has_value());
  CHECK(status.verdict.empty());
  CHECK(status.report_config_map.empty());
  CHECK(status.client.updates == 0);
  CHECK(status.end_to_end == LegStatus{});
  CHECK(status.cycles == "0/3");
  CHECK(ConditionText(status, condition::kComplete) == "Complete=False/Pending");
  CHECK(ConditionText(status, condition::kSucceeded) == "Succeeded=Unknown/Pending");
  CHECK(ConditionText(status, condition::kChurnReady) == "ChurnReady=False/NotCreated");
  REQUIRE(status.history.size() == 1);
  CHECK(status.history[0] == PastRun{"run1", "Pass", "CriteriaMet", kStart, seen.test.status.completion_time, "25ms",
                                     "5ms", "x-run1-report"});
  REQUIRE(plan.Find<action::EmitEvent>() != nullptr);
  CHECK(plan.Find<action::EmitEvent>()->reason == "Rerun");
}

TEST_CASE("No token, the same token and a run that is not over begin nothing", "[reconcile][rerun]") {
  Observed seen = Asked();
  const WallTime now = kStart + hours{2};
  seen.test.rerun_token = "1";
  CHECK_FALSE(Begins(seen, now));
  seen.test.rerun_token.clear();
  CHECK_FALSE(Begins(seen, now));
  for (const Phase phase : {Phase::kStarting, Phase::kRunning, Phase::kDraining}) {
    Observed going = Healthy(phase);
    going.test.rerun_token = "2";
    CHECK_FALSE(Begins(going, kStart + seconds{5}));
    CHECK(StatusAfter(going, Reconcile(going, kStart + seconds{5})).rerun_token.empty());
  }
}

TEST_CASE("The token that a test is applied with belongs to its first run", "[reconcile][rerun]") {
  Observed seen = Healthy(Phase::kNone);
  seen.test.rerun_token = "1";
  const Plan plan = Reconcile(seen, kStart);
  CHECK(StatusAfter(seen, plan).rerun_token == "1");
  CHECK(plan.Find<action::EmitEvent>() == nullptr);
}

TEST_CASE("A new run waits until nothing of the one before is at work", "[reconcile][rerun]") {
  const WallTime now = kStart + hours{2};
  Observed seen = Asked();
  REQUIRE(Begins(seen, now));
  SECTION("its run") { seen.run_known = true; }
  SECTION("its churn Pod") { seen.churn_pod->phase = "Running"; }
  SECTION("its clients") { seen.clients = Healthy(Phase::kRunning).clients; }
  SECTION("its clients, on their way out") {
    seen.clients = Healthy(Phase::kRunning).clients;
    seen.clients->meta.deleting = true;
    CHECK(Reconcile(seen, now).requeue == Micros{seconds{2}});
  }
  SECTION("its workload, even one that was to stay") {
    seen.workload_deleted = false;
    seen.test.spec.cleanup = Cleanup::kNever;
    CHECK(Reconcile(seen, now).Find<action::DeleteWorkload>() != nullptr);
  }
  CHECK_FALSE(Begins(seen, now));
}

TEST_CASE("A new run does not wait for what is another LoadTest's", "[reconcile][rerun]") {
  Observed seen = Asked();
  seen.churn_pod->phase = "Running";
  seen.churn_pod->owner_uid = "uid-0";
  seen.clients = Healthy(Phase::kRunning).clients;
  seen.clients->owner_uid = "uid-0";
  CHECK(Begins(seen, kStart + hours{2}));
}

TEST_CASE("Children of the run before are replaced", "[reconcile][rerun]") {
  Observed seen = Healthy(Phase::kStarting);
  seen.secret->run_id = "run0";
  CHECK(Reconcile(seen, kStart).Find<action::DeleteSecret>() != nullptr);
  seen.secret->run_id = "run1";
  seen.churn_pod->run_id = "run0";
  seen.churn_pod->phase = "Failed";
  seen.run->churn_attached = false;
  const Plan plan = Reconcile(seen, kStart);
  CHECK(plan.Find<action::DeleteChurnPod>() != nullptr);
  // That it failed is not this run's trouble.
  CHECK(ConditionText(StatusAfter(seen, plan), condition::kChurnReady) == "ChurnReady=False/NotCreated");
}

TEST_CASE("A re-run of a test that is told to stop is refused, once, until it is not", "[reconcile][rerun]") {
  Observed seen = Asked();
  seen.test.spec.stop = true;
  const WallTime now = kStart + hours{2};
  const Plan plan = Reconcile(seen, now);
  const LoadTestStatus status = StatusAfter(seen, plan);
  CHECK(status.run_id == "run1");
  CHECK(status.phase == Phase::kSucceeded);
  CHECK(ConditionText(status, condition::kRerunAccepted) == "RerunAccepted=False/StopIsSet");
  REQUIRE(plan.Find<action::EmitEvent>() != nullptr);
  CHECK(plan.Find<action::EmitEvent>()->reason == "StopIsSet");
  seen.test.status = status;
  CHECK(Reconcile(seen, now + seconds{9}).actions.empty());
  SECTION("stop is taken back") {
    seen.test.spec.stop = false;
    const LoadTestStatus begun = StatusAfter(seen, Reconcile(seen, now));
    CHECK(begun.run_id == "fresh");
    CHECK(ConditionText(begun, condition::kRerunAccepted).empty());
  }
  SECTION("the annotation is taken back") {
    seen.test.rerun_token.clear();
    const LoadTestStatus after = StatusAfter(seen, Reconcile(seen, now));
    CHECK(after.run_id == "run1");
    CHECK(ConditionText(after, condition::kRerunAccepted).empty());
  }
}

TEST_CASE("Five runs are remembered, and the report of the sixth is deleted before it is forgotten",
          "[reconcile][rerun]") {
  Observed seen = Asked();
  for (int i = 0; i < 4; ++i) seen.test.status.history.push_back({"old", "Fail", "", {}, {}, "", "", "x-old-report"});
  CHECK(Reconcile(seen, kStart).Find<action::DeleteReport>() == nullptr);
  seen.test.status.history.push_back({"oldest", "Fail", "", {}, {}, "", "", "x-oldest-report"});
  const Plan plan = Reconcile(seen, kStart);
  REQUIRE(plan.actions.size() >= 2);
  const auto* forgotten = std::get_if<action::DeleteReport>(&plan.actions[0]);
  REQUIRE(forgotten != nullptr);
  CHECK(forgotten->config_map == "x-oldest-report");
  const LoadTestStatus status = StatusAfter(seen, plan);
  REQUIRE(status.history.size() == 5);
  CHECK(status.history.front().run_id == "run1");
  CHECK(status.history.back().run_id == "old");
}

TEST_CASE("A test that never had a run is no history", "[reconcile][rerun]") {
  Observed seen = Asked();
  seen.test.status = {};
  seen.test.status.phase = Phase::kStopped;
  seen.churn_pod.reset();
  seen.workload_deleted = false;
  const LoadTestStatus status = StatusAfter(seen, Reconcile(seen, kStart));
  CHECK(status.run_id == "fresh");
  CHECK(status.history.empty());
  // Nor does it make any other forgotten.
  seen.test.status.history.resize(5);
  const Plan plan = Reconcile(seen, kStart);
  CHECK(plan.Find<action::DeleteReport>() == nullptr);
  CHECK(StatusAfter(seen, plan).history.size() == 5);
}

}  // namespace
}  // namespace dst_load::op
