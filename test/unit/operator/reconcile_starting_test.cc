// Tests that end before churn has begun.
#include <catch2/catch.hpp>

#include "operator/conditions.h"
#include "operator/reconcile.h"
#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

using coordination::ChurnStep;
using sample::ConditionText;
using sample::Healthy;
using sample::kStart;
using sample::StatusAfter;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("stop while the workers start ends the test at once", "[reconcile]") {
  Observed seen = Healthy(Phase::kStarting);
  seen.test.spec.stop = true;
  const auto status = StatusAfter(seen, Reconcile(seen, kStart + seconds{1}));
  CHECK(status.phase == Phase::kStopped);
  CHECK(status.verdict == "Inconclusive");
}

TEST_CASE("stop before the start makes nothing", "[reconcile]") {
  Observed seen = Healthy(Phase::kNone);
  seen.test.spec.stop = true;
  const auto status = StatusAfter(seen, Reconcile(seen, kStart));
  CHECK(status.phase == Phase::kStopped);
  CHECK(status.run_id.empty());
  seen.test.status = status;
  CHECK(Reconcile(seen, kStart + seconds{1}).actions.empty());
}

TEST_CASE("A startup deadline that passes fails the test with the reason that is known", "[reconcile]") {
  Observed seen = Healthy(Phase::kStarting);
  seen.run->churn_attached = false;
  const auto outcome = [&] {
    CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{4})).phase == Phase::kStarting);
    const auto status = StatusAfter(seen, Reconcile(seen, kStart + minutes{5}));
    CHECK(status.phase == Phase::kFailed);
    CHECK(status.verdict == "Inconclusive");
    return status.reason;
  };
  SECTION("no node") {
    seen.churn_pod->phase = "Pending";
    seen.churn_pod->unschedulable = "0/3 nodes are available";
    CHECK(outcome() == "PodsUnschedulable");
  }
  SECTION("no image") {
    seen.churn_pod->containers[0].waiting_reason = "ErrImagePull";
    CHECK(outcome() == "ImagePullFailed");
  }
  SECTION("quota on the churn Pod") {
    seen.churn_pod.reset();
    seen.trouble = ApplyTrouble{"churn Pod", {Code::kForbidden, "create pods/ns/x-churn: exceeded quota: pods=1"}};
    CHECK(outcome() == "QuotaExceeded");
  }
  SECTION("quota on the client Pods") {
    seen.run->churn_attached = true;
    seen.run->clients_attached = 0;
    seen.client_pods.clear();
    seen.clients->replica_failure = "pods \"x\" is forbidden: exceeded quota";
    CHECK(outcome() == "QuotaExceeded");
  }
  SECTION("quota on the client Pods, while churn makes its endpoints") {
    seen.run->churn_attached = true;
    seen.run->progress.step = ChurnStep::kCreating;
    seen.run->clients_attached = 0;
    seen.client_pods.clear();
    seen.clients->replica_failure = "pods \"x\" is forbidden: exceeded quota";
    CHECK(outcome() == "QuotaExceeded");
  }
  SECTION("no destination") {
    seen.run->churn_attached = true;
    seen.run->clients.streams_joined = seen.run->clients.streams_open = 0;
    seen.run->clients.errors["unavailable"] = 9;
    seen.run->trouble = "connect nowhere:8086: no such host";
    CHECK(outcome() == "DestinationUnreachable");
  }
  SECTION("a destination that has answered some streams") {
    seen.run->churn_attached = true;
    seen.run->clients.streams_joined = seen.run->clients.streams_open = 3;
    seen.run->clients.errors["unavailable"] = 9;
    CHECK(outcome() == "StreamsNotReady");
  }
  SECTION("no KWOK node: what the churn worker says") {
    seen.run->churn_attached = true;
    seen.run->progress.step = ChurnStep::kCreating;
    seen.run->progress.reason = "PodsUnschedulable";
    CHECK(outcome() == "PodsUnschedulable");
  }
  SECTION("nobody knows") { CHECK(outcome() == "StartupDeadlineExceeded"); }
}

TEST_CASE("A deadline that is shorter than the startup deadline counts while the workers start, too", "[reconcile]") {
  Observed seen = Healthy(Phase::kStarting);
  seen.run->churn_attached = false;
  seen.test.spec.deadline = minutes{1};
  CHECK(StatusAfter(seen, Reconcile(seen, kStart + seconds{59})).phase == Phase::kStarting);
  CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{1})).phase == Phase::kFailed);
}

TEST_CASE("Churn that fails before the start ends the test at once", "[reconcile]") {
  Observed seen = Healthy(Phase::kStarting);
  seen.run->progress.step = ChurnStep::kFailed;
  seen.run->progress.reason = "Forbidden";
  const auto status = StatusAfter(seen, Reconcile(seen, kStart + seconds{1}));
  CHECK(status.phase == Phase::kFailed);
  CHECK(status.reason == "Forbidden");
}

TEST_CASE("An unreadable spec fails at once and makes nothing", "[reconcile]") {
  Observed seen = Healthy(Phase::kNone);
  seen.test.invalid = "spec.churn.jitter: \"999999999h\" is not a duration";
  const Plan plan = Reconcile(seen, kStart);
  const auto status = StatusAfter(seen, plan);
  CHECK(status.phase == Phase::kFailed);
  CHECK(ConditionText(status, condition::kStalled) == "Stalled=True/InvalidSpec");
  seen.test.status = status;
  CHECK(Reconcile(seen, kStart).actions.empty());
}

}  // namespace
}  // namespace dst_load::op
