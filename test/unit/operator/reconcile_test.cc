#include "operator/reconcile.h"

#include <catch2/catch.hpp>

#include "operator/conditions.h"
#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

using coordination::ChurnStep;
using coordination::Stage;
using sample::ConditionText;
using sample::Healthy;
using sample::kStart;
using sample::StatusAfter;
using std::chrono::minutes;
using std::chrono::seconds;

/// The reasons of all events that a plan tells.
std::vector<std::string> Events(const Plan& plan) {
  std::vector<std::string> reasons;
  for (const Action& each : plan.actions) {
    if (const auto* event = std::get_if<action::EmitEvent>(&each)) reasons.push_back(event->reason);
  }
  return reasons;
}

TEST_CASE("The first visit writes a run's id and every condition, and makes nothing", "[reconcile]") {
  const Observed seen = Healthy(Phase::kNone);
  const Plan plan = Reconcile(seen, kStart);
  REQUIRE(plan.actions.size() == 1);
  const auto* patch = plan.Find<action::PatchStatus>();
  REQUIRE(patch != nullptr);
  CHECK(patch->urgent);
  CHECK(patch->status.phase == Phase::kPending);
  CHECK(patch->status.run_id == "fresh");
  CHECK(patch->status.start_time == kStart);
  CHECK(patch->status.observed_generation == 1);
  CHECK(patch->status.cycles == "0/3");
  CHECK(patch->status.conditions.size() == 7);
  CHECK(ConditionText(patch->status, condition::kReady) == "Ready=False/Pending");
  CHECK(ConditionText(patch->status, condition::kReconciling) == "Reconciling=True/Pending");
  CHECK(ConditionText(patch->status, condition::kStalled) == "Stalled=False/Pending");
  CHECK(ConditionText(patch->status, condition::kComplete) == "Complete=False/Pending");
  CHECK(ConditionText(patch->status, condition::kSucceeded) == "Succeeded=Unknown/Pending");
  CHECK(ConditionText(patch->status, condition::kChurnReady) == "ChurnReady=False/NotCreated");
  CHECK(ConditionText(patch->status, condition::kClientsReady) == "ClientsReady=False/NotCreated");
}

TEST_CASE("A run's id is kept once it is written", "[reconcile]") {
  const Observed seen = Healthy(Phase::kPending);
  const auto status = StatusAfter(seen, Reconcile(seen, kStart));
  CHECK(status.run_id == "run1");
  CHECK(status.phase == Phase::kStarting);
}

TEST_CASE("A starting test gets its Secret before its run, and its run before its Pods", "[reconcile]") {
  Observed seen = Healthy(Phase::kPending);
  seen.test.status.phase = Phase::kStarting;
  const Plan plan = Reconcile(seen, kStart + seconds{1});
  REQUIRE(plan.actions.size() >= 5);
  CHECK(std::holds_alternative<action::CreateSecret>(plan.actions[0]));
  CHECK(std::holds_alternative<action::ApplySupport>(plan.actions[1]));
  REQUIRE(std::holds_alternative<action::AddRun>(plan.actions[2]));
  CHECK(std::get<action::AddRun>(plan.actions[2]) == action::AddRun{2, 20, seconds{90}});
  CHECK(std::holds_alternative<action::CreateChurnPod>(plan.actions[3]));
  CHECK(std::holds_alternative<action::ApplyClients>(plan.actions[4]));
  CHECK(plan.requeue.has_value());
}

TEST_CASE("A healthy running test only has its numbers written", "[reconcile]") {
  Observed seen = Healthy(Phase::kRunning);
  const auto first = StatusAfter(seen, Reconcile(seen, kStart + minutes{1}));
  CHECK(first.client.updates == 100);
  CHECK(first.client.streams == 20);
  CHECK(first.cycles == "1/3");
  CHECK(first.end_to_end.p99 == "25ms");
  CHECK(first.message == "cycle 2 of 3, HoldMax: 20 of 20 endpoints are ready");
  CHECK(ConditionText(first, condition::kChurnReady) == "ChurnReady=True/Ready");
  CHECK(ConditionText(first, condition::kClientsReady) == "ClientsReady=True/Ready");
  seen.test.status = first;
  CHECK(Reconcile(seen, kStart + minutes{2}).actions.empty());
  seen.run->clients.services[0].due = seen.run->clients.services[0].credited = 101;
  const Plan plan = Reconcile(seen, kStart + minutes{2});
  REQUIRE(plan.actions.size() == 1);
  CHECK_FALSE(plan.Find<action::PatchStatus>()->urgent);
}

TEST_CASE("The barrier's passing makes a starting test run, once, with an event", "[reconcile]") {
  Observed seen = Healthy(Phase::kStarting);
  seen.run->stage = Stage::kRunning;
  const Plan plan = Reconcile(seen, kStart + seconds{20});
  const auto status = StatusAfter(seen, plan);
  CHECK(status.phase == Phase::kRunning);
  CHECK(status.running_time == kStart + seconds{20});
  CHECK(Events(plan) == std::vector<std::string>{"Running"});
}

TEST_CASE("Trouble is told of once, as soon as it is serious", "[reconcile]") {
  Observed seen = Healthy(Phase::kStarting);
  seen.run->churn_attached = false;
  const Plan first = Reconcile(seen, kStart + seconds{1});
  CHECK(Events(first).empty());  // it may just take a while
  seen.test.status = StatusAfter(seen, first);
  seen.churn_pod->containers[0].waiting_reason = "ImagePullBackOff";
  const Plan told = Reconcile(seen, kStart + seconds{2});
  CHECK(Events(told) == std::vector<std::string>{"ImagePullFailed"});
  seen.test.status = StatusAfter(seen, told);
  seen.churn_pod->containers[0].waiting_message = "Back-off pulling image";
  const Plan again = Reconcile(seen, kStart + seconds{3});
  CHECK(again.Find<action::PatchStatus>() != nullptr);
  CHECK(Events(again).empty());
}

TEST_CASE("What keeps the clients from being made is not churn's trouble", "[reconcile]") {
  Observed seen = Healthy(Phase::kStarting);
  seen.run->churn_attached = false;
  seen.run->clients_attached = 0;
  seen.trouble = ApplyTrouble{"client Deployment", {Code::kForbidden, "apply deployments/ns/x: exceeded quota"}};
  const auto status = StatusAfter(seen, Reconcile(seen, kStart + seconds{1}));
  CHECK(ConditionText(status, condition::kChurnReady) == "ChurnReady=False/NotAttached");
  CHECK(ConditionText(status, condition::kClientsReady) == "ClientsReady=False/QuotaExceeded");
}

TEST_CASE("A churn Pod that is gone, evicted or of an earlier run is made anew", "[reconcile]") {
  Observed seen = Healthy(Phase::kRunning);
  SECTION("gone") {
    seen.churn_pod.reset();
    CHECK(Reconcile(seen, kStart).Find<action::CreateChurnPod>() != nullptr);
  }
  SECTION("evicted") {
    seen.churn_pod->phase = "Failed";
    seen.churn_pod->reason = "Evicted";
    const Plan plan = Reconcile(seen, kStart);
    CHECK(plan.Find<action::DeleteChurnPod>() != nullptr);
    CHECK(plan.Find<action::CreateChurnPod>() == nullptr);
  }
  SECTION("of an earlier run") {
    seen.churn_pod->run_id = "another";
    CHECK(Reconcile(seen, kStart).Find<action::DeleteChurnPod>() != nullptr);
  }
  SECTION("on its way out") {
    seen.churn_pod->meta.deleting = true;
    const Plan plan = Reconcile(seen, kStart);
    CHECK(plan.Find<action::CreateChurnPod>() == nullptr);
    CHECK(plan.Find<action::DeleteChurnPod>() == nullptr);
    CHECK(plan.requeue == Micros{seconds{2}});
    seen.churn_pod->phase = "Failed";
    CHECK(Reconcile(seen, kStart).Find<action::DeleteChurnPod>() == nullptr);
  }
}

TEST_CASE("Clients of an earlier run are deleted once, and made anew when they are gone", "[reconcile]") {
  Observed seen = Healthy(Phase::kRunning);
  seen.clients->run_id = "another";
  CHECK(Reconcile(seen, kStart).Find<action::DeleteClients>() != nullptr);
  seen.clients->meta.deleting = true;
  const Plan plan = Reconcile(seen, kStart);
  CHECK(plan.Find<action::DeleteClients>() == nullptr);
  CHECK(plan.Find<action::ApplyClients>() == nullptr);
  CHECK(plan.requeue == Micros{seconds{2}});
}

TEST_CASE("A Secret of an earlier LoadTest of the same name is replaced before anything uses it", "[reconcile]") {
  Observed seen = Healthy(Phase::kStarting);
  seen.secret->owner_uid = "uid-0";
  const Plan plan = Reconcile(seen, kStart);
  CHECK(plan.Find<action::DeleteSecret>() != nullptr);
  CHECK(plan.Find<action::AddRun>() == nullptr);
}

TEST_CASE("Changed replicas scale the clients and the coordinator's expectation", "[reconcile]") {
  Observed seen = Healthy(Phase::kRunning);
  seen.test.spec.client.replicas = 5;
  const Plan plan = Reconcile(seen, kStart);
  REQUIRE(plan.Find<action::ScaleClients>() != nullptr);
  CHECK(plan.Find<action::ScaleClients>()->replicas == 5);
  REQUIRE(plan.Find<action::Expect>() != nullptr);
  CHECK(*plan.Find<action::Expect>() == action::Expect{5, 50});
}

TEST_CASE("An operator that took over writes no smaller numbers before the workers are back", "[reconcile]") {
  Observed seen = Healthy(Phase::kRunning);
  seen.test.status = StatusAfter(seen, Reconcile(seen, kStart + minutes{1}));
  seen.run = coordination::RunView{};
  seen.run->stage = Stage::kRunning;
  seen.run->facts = {true, false, 2, 0, 20, 0};
  seen.run_age = seconds{3};
  CHECK(Reconcile(seen, kStart + minutes{2}).Find<action::PatchStatus>() == nullptr);
  SECTION("nor afterwards, though gauges tell of now") {
    seen.run_age = seconds{20};
    const auto status = StatusAfter(seen, Reconcile(seen, kStart + minutes{2}));
    CHECK(status.client.updates == 100);
    CHECK(status.cycles == "1/3");
    CHECK(status.end_to_end.count == 100);
    CHECK(status.client.ready == 0);
    CHECK(status.phase == Phase::kRunning);
  }
  SECTION("nor without any run at all") {
    seen.run.reset();
    seen.run_known = false;
    const Plan plan = Reconcile(seen, kStart + minutes{2});
    CHECK(plan.Find<action::PatchStatus>() == nullptr);
    CHECK(plan.Find<action::AddRun>() != nullptr);
  }
}

TEST_CASE("A condition's transition time moves only with its status", "[reconcile]") {
  Observed seen = Healthy(Phase::kStarting);
  seen.run->churn_attached = false;
  seen.run_age = minutes{1};
  seen.test.status = StatusAfter(seen, Reconcile(seen, kStart + seconds{1}));
  seen.churn_pod->containers[0].waiting_reason = "ImagePullBackOff";
  const Plan plan = Reconcile(seen, kStart + seconds{9});
  REQUIRE(plan.Find<action::PatchStatus>() != nullptr);
  CHECK(plan.Find<action::PatchStatus>()->urgent);  // another reason does not wait
  seen.test.status = StatusAfter(seen, plan);
  const Condition* churn = FindCondition(seen.test.status, condition::kChurnReady);
  CHECK(churn->reason == "ImagePullFailed");
  CHECK(churn->last_transition == kStart + seconds{1});
  seen.run->churn_attached = true;
  seen.test.status = StatusAfter(seen, Reconcile(seen, kStart + seconds{19}));
  CHECK(FindCondition(seen.test.status, condition::kChurnReady)->last_transition == kStart + seconds{19});
}

TEST_CASE("A LoadTest on its way out keeps nothing but its run's removal", "[reconcile]") {
  Observed seen = Healthy(Phase::kRunning);
  seen.test.meta.deleting = true;
  const Plan plan = Reconcile(seen, kStart);
  REQUIRE(plan.actions.size() == 1);
  CHECK(plan.Find<action::RemoveRun>() != nullptr);
}

TEST_CASE("A checkpoint that changed is saved", "[reconcile]") {
  Observed seen = Healthy(Phase::kRunning);
  seen.checkpoint_changed = true;
  CHECK(Reconcile(seen, kStart).Find<action::SaveCheckpoint>() != nullptr);
}

}  // namespace
}  // namespace dst_load::op
