#include <catch2/catch.hpp>

#include "operator/conditions.h"
#include "operator/reconcile.h"
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

Observed Concluded(std::string reason = "Draining") {
  Observed seen = Healthy(Phase::kDraining);
  seen.run = sample::View(Stage::kConcluded);
  seen.test.status.reason = std::move(reason);
  return seen;
}

TEST_CASE("A concluded run whose criteria hold succeeds", "[reconcile]") {
  Observed seen = Concluded();
  seen.test.spec.criteria.end_to_end.p99 = seconds{2};
  const Plan plan = Reconcile(seen, kStart + minutes{4});
  const auto status = StatusAfter(seen, plan);
  CHECK(status.phase == Phase::kSucceeded);
  CHECK(status.verdict == "Pass");
  CHECK(status.completion_time == kStart + minutes{4});
  CHECK(status.cycles == "3/3");
  CHECK(std::any_of(status.criteria.begin(), status.criteria.end(), [](const CriterionStatus& each) {
    return each.name == "endToEnd.p99" && each.measured == "25ms" && each.result == "Pass";
  }));
  CHECK(ConditionText(status, condition::kReady) == "Ready=True/CriteriaMet");
  CHECK(ConditionText(status, condition::kReconciling) == "Reconciling=False/CriteriaMet");
  CHECK(ConditionText(status, condition::kComplete) == "Complete=True/CriteriaMet");
  CHECK(ConditionText(status, condition::kSucceeded) == "Succeeded=True/CriteriaMet");
  // The workers go only after the result is written.
  CHECK(plan.Find<action::ReleaseRun>() == nullptr);
  CHECK(plan.Find<action::EmitEvent>()->reason == "Succeeded");
}

TEST_CASE("Until its verdict is written, what a concluded run holds is kept", "[reconcile]") {
  Observed seen = Concluded();
  seen.checkpoint_changed = true;
  const Plan plan = Reconcile(seen, kStart + minutes{4});
  REQUIRE(plan.Find<action::SaveCheckpoint>() != nullptr);
  CHECK(std::holds_alternative<action::SaveCheckpoint>(plan.actions.front()));
  CHECK(plan.Find<action::WriteReport>() != nullptr);
  CHECK(StatusAfter(seen, plan).verdict == "Pass");
  seen.checkpoint_changed = false;
  CHECK(Reconcile(seen, kStart + minutes{4}).Find<action::SaveCheckpoint>() == nullptr);
  seen.checkpoint_changed = true;
  seen.test.status = StatusAfter(seen, plan);
  CHECK(Reconcile(seen, kStart + minutes{5}).Find<action::SaveCheckpoint>() == nullptr);
}

TEST_CASE("What a test that ends has lost of its children is not made anew", "[reconcile]") {
  Observed seen = Concluded();
  seen.churn_pod.reset();
  seen.clients.reset();
  const Plan plan = Reconcile(seen, kStart + minutes{4});
  CHECK(StatusAfter(seen, plan).phase == Phase::kSucceeded);
  CHECK(plan.Find<action::CreateChurnPod>() == nullptr);
  CHECK(plan.Find<action::ApplyClients>() == nullptr);
}

TEST_CASE("A breached criterion fails the test and stalls it", "[reconcile]") {
  Observed seen = Concluded();
  seen.test.spec.criteria.end_to_end.p99 = std::chrono::milliseconds{1};
  const auto status = StatusAfter(seen, Reconcile(seen, kStart + minutes{4}));
  CHECK(status.phase == Phase::kFailed);
  CHECK(status.verdict == "Fail");
  CHECK(ConditionText(status, condition::kStalled) == "Stalled=True/EndToEndP99");
  CHECK(ConditionText(status, condition::kComplete) == "Complete=True/EndToEndP99");
  CHECK(ConditionText(status, condition::kSucceeded) == "Succeeded=False/EndToEndP99");
}

TEST_CASE("What the status has told of does not become a Pass by being forgotten", "[reconcile]") {
  Observed seen = Concluded();
  SECTION("missing updates") {
    seen.test.status.client.missing = 1;
    CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{4})).reason == "FiguresLost");
    seen.run->clients.services[0].missing = 1;  // it is not forgotten
    CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{4})).verdict == "Fail");
    seen.test.status.client.missing = 2;  // nor does what else is wrong become less so
    CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{4})).verdict == "Fail");
  }
  SECTION("violations") {
    seen.test.status.violations["no_flap"] = 1;
    const auto status = StatusAfter(seen, Reconcile(seen, kStart + minutes{4}));
    CHECK(status.reason == "FiguresLost");
    CHECK(status.verdict == "Inconclusive");
    CHECK(status.phase == Phase::kFailed);
    seen.test.spec.criteria.invariants = false;
    CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{4})).verdict == "Pass");
  }
  SECTION("but what is judged anew each time may hold again") {
    seen.test.status.violations["slow_reader_isolation"] = 1;
    CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{4})).verdict == "Pass");
  }
}

TEST_CASE("A run that lost a client is Inconclusive and failed", "[reconcile]") {
  Observed seen = Concluded();
  seen.run->facts.clients_concluded = 1;
  const auto status = StatusAfter(seen, Reconcile(seen, kStart));
  CHECK(status.phase == Phase::kFailed);
  CHECK(status.verdict == "Inconclusive");
  CHECK(status.reason == "ClientsLost");
}

TEST_CASE("A test that is to be aborted drains as soon as it cannot pass any more, and fails", "[reconcile]") {
  Observed seen = Healthy(Phase::kRunning);
  seen.run->clients.violations[0] = 1;
  CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{1})).phase == Phase::kRunning);
  seen.test.spec.abort_on_breach = true;
  const Plan plan = Reconcile(seen, kStart + minutes{1});
  CHECK(plan.Find<action::StopRun>() != nullptr);
  seen.test.status = StatusAfter(seen, plan);
  CHECK(seen.test.status.phase == Phase::kDraining);
  CHECK(seen.test.status.reason == "Aborted");
  CHECK(seen.test.status.message.find("cannot pass any more: invariants were violated") == 0);
  seen.run = sample::View(Stage::kConcluded);
  SECTION("for what it found") {
    seen.run->clients.violations[0] = 1;
    const auto status = StatusAfter(seen, Reconcile(seen, kStart + minutes{2}));
    CHECK(status.phase == Phase::kFailed);
    CHECK(status.verdict == "Fail");
    CHECK(status.reason == "InvariantsViolated");
  }
  SECTION("Inconclusive when that is no longer so") {
    const auto status = StatusAfter(seen, Reconcile(seen, kStart + minutes{2}));
    CHECK(status.phase == Phase::kFailed);
    CHECK(status.verdict == "Inconclusive");
    CHECK(status.reason == "Aborted");
  }
}

TEST_CASE("What ends a test writes its report first, and the status says where it is", "[reconcile]") {
  Observed seen = Concluded();
  const Plan plan = Reconcile(seen, kStart + minutes{4});
  const auto* report = plan.Find<action::WriteReport>();
  REQUIRE(report != nullptr);
  CHECK(report->verdict.outcome == measure::Outcome::kPass);
  CHECK(report->status.phase == Phase::kSucceeded);
  const auto status = StatusAfter(seen, plan);
  CHECK(status.report_config_map == seen.test.meta.name + "-" + status.run_id + "-report");
  const auto is_report = [](const Action& each) { return std::holds_alternative<action::WriteReport>(each); };
  const auto is_status = [](const Action& each) { return std::holds_alternative<action::PatchStatus>(each); };
  CHECK(std::find_if(plan.actions.begin(), plan.actions.end(), is_report) <
        std::find_if(plan.actions.begin(), plan.actions.end(), is_status));
  SECTION("not again afterwards") {
    seen.test.status = status;
    CHECK(Reconcile(seen, kStart + minutes{5}).Find<action::WriteReport>() == nullptr);
  }
  SECTION("and a report that cannot be written does not keep the test from ending") {
    seen.report_failures = 5;
    const Plan without = Reconcile(seen, kStart + minutes{4});
    CHECK(without.Find<action::WriteReport>() == nullptr);
    CHECK(StatusAfter(seen, without).report_config_map.empty());
    CHECK(StatusAfter(seen, without).phase == Phase::kSucceeded);
    // Told once the status is written: an event before that is not told at all.
    const auto* told = std::get_if<action::EmitEvent>(&without.actions.back());
    REQUIRE(told != nullptr);
    CHECK(told->warning);
    CHECK(told->reason == "ReportNotWritten");
    seen.test.status = StatusAfter(seen, without);
    CHECK(Reconcile(seen, kStart + minutes{5}).Find<action::EmitEvent>() == nullptr);
  }
}

TEST_CASE("A test that never had a run has no report", "[reconcile]") {
  Observed seen = Healthy(Phase::kPending);
  seen.test.status.run_id.clear();
  seen.run.reset();
  seen.test.spec.stop = true;
  const Plan plan = Reconcile(seen, kStart);
  CHECK(plan.Find<action::WriteReport>() == nullptr);
  CHECK(StatusAfter(seen, plan).report_config_map.empty());
}

TEST_CASE("stop ends churn, drains, and ends as Stopped with the numbers so far", "[reconcile]") {
  Observed seen = Healthy(Phase::kRunning);
  seen.test.spec.stop = true;
  const Plan plan = Reconcile(seen, kStart + minutes{1});
  CHECK(plan.Find<action::StopRun>() != nullptr);
  seen.test.status = StatusAfter(seen, plan);
  CHECK(seen.test.status.phase == Phase::kDraining);
  CHECK(seen.test.status.reason == "StopRequested");
  SECTION("a coordinator that took over is told again") {
    CHECK(Reconcile(seen, kStart + minutes{1}).Find<action::StopRun>() != nullptr);
  }
  SECTION("a test with cycles left is Inconclusive") {
    seen.run = sample::View(Stage::kConcluded);
    const auto status = StatusAfter(seen, Reconcile(seen, kStart + minutes{2}));
    CHECK(status.phase == Phase::kStopped);
    CHECK(status.verdict == "Inconclusive");
    CHECK(status.client.updates == 100);
    CHECK(ConditionText(status, condition::kReady) == "Ready=True/Stopped");
    CHECK(ConditionText(status, condition::kStalled) == "Stalled=False/Stopped");
    CHECK(ConditionText(status, condition::kSucceeded) == "Succeeded=False/Stopped");
    CHECK(ConditionText(status, condition::kComplete) == "Complete=True/Stopped");
  }
  SECTION("a test without an end of its own can pass") {
    seen.test.spec.churn.cycles.reset();
    seen.run = sample::View(Stage::kConcluded);
    const auto status = StatusAfter(seen, Reconcile(seen, kStart + minutes{2}));
    CHECK(status.phase == Phase::kStopped);
    CHECK(status.verdict == "Pass");
    seen.test.spec.churn.duration = minutes{10};  // that is one
    CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{2})).verdict == "Inconclusive");
  }
  SECTION("whose figures break a criterion, it is stalled") {
    seen.test.spec.criteria.end_to_end.p99 = std::chrono::milliseconds{1};
    seen.run = sample::View(Stage::kConcluded);
    const auto status = StatusAfter(seen, Reconcile(seen, kStart + minutes{2}));
    CHECK(status.phase == Phase::kStopped);
    CHECK(status.verdict == "Fail");
    CHECK(ConditionText(status, condition::kReady) == "Ready=False/Stopped");
    CHECK(ConditionText(status, condition::kStalled) == "Stalled=True/Stopped");
  }
}

TEST_CASE("A deadline stops a run and fails it, whatever its numbers", "[reconcile]") {
  Observed seen = Healthy(Phase::kRunning);
  seen.test.spec.deadline = minutes{10};
  CHECK(Reconcile(seen, kStart + minutes{9}).Find<action::StopRun>() == nullptr);
  const Plan plan = Reconcile(seen, kStart + minutes{10});
  CHECK(plan.Find<action::StopRun>() != nullptr);
  seen.test.status = StatusAfter(seen, plan);
  CHECK(seen.test.status.reason == "DeadlineExceeded");
  SECTION("it drained") {
    seen.run = sample::View(Stage::kConcluded);
    const auto status = StatusAfter(seen, Reconcile(seen, kStart + minutes{11}));
    CHECK(status.phase == Phase::kFailed);
    CHECK(status.reason == "DeadlineExceeded");
    CHECK(status.verdict == "Inconclusive");
  }
  SECTION("it does not drain") {
    CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{12})).phase == Phase::kDraining);
    CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{14})).phase == Phase::kFailed);
  }
}

TEST_CASE("Churn that failed ends the test with its reason", "[reconcile]") {
  Observed seen = Healthy(Phase::kRunning);
  seen.run->progress.step = ChurnStep::kFailed;
  seen.run->progress.reason = "Forbidden";
  seen.run->progress.message = "scale deployments/ns/x: forbidden";
  const Plan plan = Reconcile(seen, kStart);
  CHECK(plan.Find<action::StopRun>() != nullptr);
  seen.test.status = StatusAfter(seen, plan);
  CHECK(seen.test.status.phase == Phase::kDraining);
  seen.run->stage = Stage::kConcluded;
  const auto status = StatusAfter(seen, Reconcile(seen, kStart));
  CHECK(status.phase == Phase::kFailed);
  CHECK(status.reason == "Forbidden");
}

TEST_CASE("A churn worker that stays away ends the test", "[reconcile]") {
  Observed seen = Healthy(Phase::kRunning);
  seen.run->churn_attached = false;
  seen.test.status = StatusAfter(seen, Reconcile(seen, kStart + minutes{1}));
  CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{5})).phase == Phase::kRunning);
  const auto status = StatusAfter(seen, Reconcile(seen, kStart + minutes{6}));
  CHECK(status.phase == Phase::kFailed);
  CHECK(status.reason == "ChurnLost");
  // It is back, in the last moment.
  seen.run->churn_attached = true;
  CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{6})).phase == Phase::kRunning);
}

TEST_CASE("A churn worker is away from when it went, however long it was there", "[reconcile]") {
  Observed seen = Healthy(Phase::kRunning);
  seen.test.status = StatusAfter(seen, Reconcile(seen, kStart + minutes{1}));
  seen.run->churn_attached = false;
  CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{60})).phase == Phase::kRunning);
}

}  // namespace
}  // namespace dst_load::op
