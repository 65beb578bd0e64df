#include <catch2/catch.hpp>

#include "operator/conditions.h"
#include "operator/reconcile.h"
#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

using coordination::Stage;
using sample::ConditionText;
using sample::Healthy;
using sample::kStart;
using sample::StatusAfter;
using std::chrono::hours;
using std::chrono::minutes;

TEST_CASE("A suspended test that has not begun makes nothing and loses no time", "[reconcile][suspend]") {
  Observed seen = Healthy(Phase::kNone);
  seen.test.spec.suspend = true;
  const Plan plan = Reconcile(seen, kStart);
  const LoadTestStatus status = StatusAfter(seen, plan);
  CHECK(status.phase == Phase::kPending);
  CHECK(status.reason == "Suspended");
  CHECK(status.run_id.empty());
  CHECK_FALSE(status.start_time.has_value());
  CHECK(ConditionText(status, condition::kReady) == "Ready=False/Suspended");
  seen.test.status = status;
  CHECK(Reconcile(seen, kStart + hours{1}).actions.empty());
  SECTION("and begins when it may") {
    seen.test.spec.suspend = false;
    const LoadTestStatus begun = StatusAfter(seen, Reconcile(seen, kStart + hours{2}));
    CHECK(begun.run_id == "fresh");
    CHECK(begun.start_time == kStart + hours{2});
  }
  SECTION("or ends when it is stopped") {
    seen.test.spec.stop = true;
    CHECK(StatusAfter(seen, Reconcile(seen, kStart + hours{2})).phase == Phase::kStopped);
  }
}

TEST_CASE("A running test that is suspended pauses churn, says so, and goes on", "[reconcile][suspend]") {
  Observed seen = Healthy(Phase::kRunning);
  seen.test.spec.suspend = true;
  const Plan plan = Reconcile(seen, kStart + minutes{1});
  REQUIRE(plan.Find<action::SuspendRun>() != nullptr);
  CHECK(plan.Find<action::SuspendRun>()->suspended);
  CHECK(plan.Find<action::StopRun>() == nullptr);
  REQUIRE(plan.Find<action::EmitEvent>() != nullptr);
  CHECK(plan.Find<action::EmitEvent>()->reason == "Suspended");
  seen.test.status = StatusAfter(seen, plan);
  seen.run->suspended = true;
  CHECK(seen.test.status.phase == Phase::kRunning);
  CHECK(seen.test.status.reason == "Suspended");
  CHECK(ConditionText(seen.test.status, condition::kReady) == "Ready=False/Suspended");
  CHECK(ConditionText(seen.test.status, condition::kReconciling) == "Reconciling=True/Suspended");
  CHECK(Reconcile(seen, kStart + minutes{2}).Find<action::SuspendRun>() == nullptr);
  SECTION("it goes on") {
    seen.test.spec.suspend = false;
    const Plan on = Reconcile(seen, kStart + minutes{3});
    REQUIRE(on.Find<action::SuspendRun>() != nullptr);
    CHECK_FALSE(on.Find<action::SuspendRun>()->suspended);
    CHECK(StatusAfter(seen, on).reason == "Running");
    REQUIRE(on.Find<action::EmitEvent>() != nullptr);
    CHECK(on.Find<action::EmitEvent>()->reason == "Resumed");
  }
  SECTION("the deadline goes on counting") {
    seen.test.spec.deadline = minutes{10};
    CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{10})).reason == "DeadlineExceeded");
  }
  SECTION("stop ends it") {
    seen.test.spec.stop = true;
    const Plan stopped = Reconcile(seen, kStart + minutes{3});
    CHECK(stopped.Find<action::StopRun>() != nullptr);
    REQUIRE(stopped.Find<action::EmitEvent>() != nullptr);
    CHECK(stopped.Find<action::EmitEvent>()->reason == "Draining");
    CHECK(stopped.Find<action::EmitEvent>() ==
          std::get_if<action::EmitEvent>(&stopped.actions.back()));  // the only one
    CHECK(StatusAfter(seen, stopped).reason == "StopRequested");
  }
  SECTION("a coordinator that takes over knows from the beginning") {
    seen.run_known = false;
    seen.run.reset();
    const Plan again = Reconcile(seen, kStart + minutes{3});
    REQUIRE(again.Find<action::AddRun>() != nullptr);
    CHECK(again.Find<action::AddRun>()->suspended);
  }
}

TEST_CASE("A re-run of a suspended test waits, and its results stay", "[reconcile][suspend]") {
  Observed seen = Healthy(Phase::kSucceeded);
  seen.churn_pod.reset();
  seen.clients.reset();
  seen.run_known = false;
  seen.run.reset();
  seen.workload_deleted = true;
  seen.test.rerun_token = "2";
  seen.test.spec.suspend = true;
  const LoadTestStatus status = StatusAfter(seen, Reconcile(seen, kStart + hours{1}));
  CHECK(status.run_id == "run1");
  CHECK(ConditionText(status, condition::kRerunAccepted) == "RerunAccepted=False/Suspended");
  seen.test.spec.suspend = false;
  CHECK(StatusAfter(seen, Reconcile(seen, kStart + hours{1})).run_id == "fresh");
}

}  // namespace
}  // namespace dst_load::op
