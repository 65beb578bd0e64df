// What is left to do for a test that has ended.
#include <catch2/catch.hpp>

#include "operator/reconcile.h"
#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

using coordination::Stage;
using sample::Healthy;
using sample::kStart;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("After the end workers are released, clients deleted, and the finished churn Pod kept", "[reconcile]") {
  Observed seen = Healthy(Phase::kSucceeded);
  const WallTime end = *seen.test.status.completion_time;
  const Plan first = Reconcile(seen, end);
  REQUIRE(first.Find<action::ReleaseRun>() != nullptr);
  CHECK(first.Find<action::StopRun>() != nullptr);
  CHECK(first.Find<action::DeleteClients>() != nullptr);
  CHECK(first.Find<action::DeleteChurnPod>() == nullptr);
  CHECK(first.requeue.has_value());
  seen.clients->meta.deleting = true;
  CHECK(Reconcile(seen, end).Find<action::DeleteClients>() == nullptr);
  seen.churn_pod->phase = "Succeeded";
  CHECK(Reconcile(seen, end).Find<action::RemoveRun>() == nullptr);  // clients are still to be told
  seen.churn_pod->phase = "Running";
  seen.run->stage = Stage::kReleased;
  seen.clients.reset();
  SECTION("the churn Pod finishes by itself") {
    seen.churn_pod->phase = "Succeeded";
    const Plan plan = Reconcile(seen, end + seconds{5});
    CHECK(plan.Find<action::RemoveRun>() != nullptr);
    CHECK(plan.Find<action::ReleaseRun>() == nullptr);
    CHECK(plan.Find<action::DeleteChurnPod>() == nullptr);
  }
  SECTION("the operator deletes what is left of the workload, once nobody would make it anew") {
    const auto deletes = [&](WallTime now) { return Reconcile(seen, now).Find<action::DeleteWorkload>() != nullptr; };
    CHECK_FALSE(deletes(end + seconds{5}));
    seen.churn_pod->phase = "Succeeded";
    CHECK(deletes(end + seconds{5}));
    CHECK_FALSE(deletes(end + minutes{11}));
    seen.test.spec.cleanup = Cleanup::kNever;
    CHECK_FALSE(deletes(end + seconds{5}));
    seen.test.spec.cleanup = Cleanup::kOnSuccess;
    CHECK(deletes(end + seconds{5}));
    seen.test.status.phase = Phase::kFailed;
    CHECK_FALSE(deletes(end + seconds{5}));
    seen.test.spec.cleanup = Cleanup::kAlways;
    CHECK(deletes(end + seconds{5}));
    seen.workload_deleted = true;
    CHECK_FALSE(deletes(end + seconds{5}));
  }
  SECTION("the churn Pod hangs") {
    CHECK(Reconcile(seen, end + seconds{29}).Find<action::DeleteChurnPod>() == nullptr);
    CHECK(Reconcile(seen, end + seconds{30}).Find<action::DeleteChurnPod>() != nullptr);
    seen.churn_pod->meta.deleting = true;
    CHECK(Reconcile(seen, end + seconds{30}).Find<action::DeleteChurnPod>() == nullptr);
  }
}

TEST_CASE("What another LoadTest of the same name left behind is not this one's to delete at its end", "[reconcile]") {
  Observed seen = Healthy(Phase::kFailed);
  seen.clients->owner_uid = seen.churn_pod->owner_uid = "uid-0";
  const Plan plan = Reconcile(seen, *seen.test.status.completion_time + minutes{5});
  CHECK(plan.Find<action::DeleteClients>() == nullptr);
  CHECK(plan.Find<action::DeleteChurnPod>() == nullptr);
}

}  // namespace
}  // namespace dst_load::op
