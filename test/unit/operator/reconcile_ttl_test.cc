#include <algorithm>

#include <catch2/catch.hpp>

#include "operator/reconcile.h"
#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

using sample::Healthy;
using sample::StatusAfter;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// A test that passed, whose workers are gone, and whose children have a lifetime.
Observed Finished(Micros ttl) {
  Observed seen = Healthy(Phase::kSucceeded);
  seen.test.spec.ttl_after_finished = ttl;
  seen.churn_pod->phase = "Succeeded";
  seen.clients.reset();
  seen.run_known = false;
  seen.run.reset();
  seen.workload_deleted = true;
  return seen;
}

bool Deletes(const Plan& plan) { return plan.Find<action::DeleteChildren>() != nullptr; }

TEST_CASE("The children go once their time is up, and not before", "[reconcile][ttl]") {
  Observed seen = Finished(hours{1});
  const WallTime end = *seen.test.status.completion_time;
  const Plan early = Reconcile(seen, end + minutes{59});
  CHECK_FALSE(Deletes(early));
  CHECK(early.requeue == minutes{1});
  CHECK(Deletes(Reconcile(seen, end + hours{1})));
  SECTION("a longer time that is given later counts, a shorter one too, and none keeps them") {
    seen.test.spec.ttl_after_finished = hours{2};
    CHECK_FALSE(Deletes(Reconcile(seen, end + hours{1})));
    seen.test.spec.ttl_after_finished = minutes{1};
    CHECK(Deletes(Reconcile(seen, end + minutes{1})));
    seen.test.spec.ttl_after_finished.reset();
    const Plan none = Reconcile(seen, end + hours{100});
    CHECK_FALSE(Deletes(none));
    CHECK_FALSE(none.requeue.has_value());
  }
}

TEST_CASE("That the children are gone is told once, and never looked at again", "[reconcile][ttl]") {
  Observed seen = Finished(hours{1});
  const WallTime due = *seen.test.status.completion_time + hours{1};
  CHECK(Deletes(Reconcile(seen, due)));
  seen.children_deleted = true;
  seen.churn_pod.reset();
  const Plan told = Reconcile(seen, due + seconds{1});
  CHECK_FALSE(Deletes(told));
  REQUIRE(told.Find<action::EmitEvent>() != nullptr);
  CHECK(told.Find<action::EmitEvent>()->reason == "ChildrenDeleted");
  const LoadTestStatus status = StatusAfter(seen, told);
  CHECK(status.children_deleted_time == due + seconds{1});
  CHECK(status.verdict == seen.test.status.verdict);
  CHECK(status.phase == Phase::kSucceeded);
  // A new process remembers nothing, but the status does.
  seen.test.status = status;
  seen.children_deleted = seen.workload_deleted = false;
  const Plan later = Reconcile(seen, due + hours{9});
  CHECK(later.actions.empty());
  CHECK_FALSE(later.requeue.has_value());
}

TEST_CASE("A workload that was kept goes with the children", "[reconcile][ttl]") {
  Observed seen = Finished(hours{1});
  seen.test.spec.cleanup = Cleanup::kNever;
  seen.workload_deleted = false;
  const WallTime end = *seen.test.status.completion_time;
  CHECK(Reconcile(seen, end + minutes{59}).Find<action::DeleteWorkload>() == nullptr);
  const Plan plan = Reconcile(seen, end + hours{1});
  REQUIRE(plan.actions.size() >= 2);
  CHECK(std::holds_alternative<action::DeleteWorkload>(plan.actions[0]));
  CHECK(std::holds_alternative<action::DeleteChildren>(plan.actions[1]));
}

TEST_CASE("No time at all still lets the workers clean up first", "[reconcile][ttl]") {
  Observed seen = Healthy(Phase::kFailed);
  seen.test.spec.ttl_after_finished = Micros{0};
  const WallTime end = *seen.test.status.completion_time;
  CHECK_FALSE(Deletes(Reconcile(seen, end + seconds{1})));
  seen.churn_pod->phase = "Succeeded";
  CHECK(Deletes(Reconcile(seen, end + seconds{1})));
}

TEST_CASE("A workload that is deleted anyway is deleted once", "[reconcile][ttl]") {
  Observed seen = Finished(Micros{0});
  seen.workload_deleted = false;
  const Plan plan = Reconcile(seen, *seen.test.status.completion_time);
  CHECK(std::count_if(plan.actions.begin(), plan.actions.end(),
                      [](const Action& each) { return std::holds_alternative<action::DeleteWorkload>(each); }) == 1);
  CHECK(Deletes(plan));
}

TEST_CASE("The children of a test that is about to begin anew stay for it", "[reconcile][ttl]") {
  Observed seen = Finished(Micros{0});
  seen.workload_deleted = false;
  seen.test.rerun_token = "2";
  CHECK_FALSE(Deletes(Reconcile(seen, *seen.test.status.completion_time + hours{1})));
}

TEST_CASE("A test that made nothing has nothing to delete", "[reconcile][ttl]") {
  Observed seen = Finished(Micros{0});
  seen.churn_pod.reset();
  seen.test.status.run_id.clear();
  CHECK_FALSE(Deletes(Reconcile(seen, *seen.test.status.completion_time + hours{1})));
}

}  // namespace
}  // namespace dst_load::op
