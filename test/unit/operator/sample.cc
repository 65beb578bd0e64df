#include "test/unit/operator/sample.h"

#include <fmt/format.h>

#include "operator/conditions.h"

namespace dst_load::op::sample {

LoadTest Test(Phase phase) {
  LoadTest test;
  test.meta = {"ns", "x", "uid-1", "7", 1, false};
  test.spec.services = 2;
  test.spec.churn.oscillate = true;
  test.spec.churn.cycles = 3;
  test.spec.client.replicas = 2;
  test.spec.client.streams_per_service = 5;
  test.status.phase = phase;
  if (phase == Phase::kNone) return test;
  test.status.run_id = "run1";
  test.status.start_time = kStart;
  test.status.reason = std::string(PhaseName(phase));
  if (IsTerminal(phase)) test.status.completion_time = kStart + std::chrono::minutes{5};
  return test;
}

coordination::RunView View(coordination::Stage stage) {
  coordination::RunView run;
  run.stage = stage;
  run.churn_attached = true;
  run.progress.step = coordination::ChurnStep::kHoldMax;
  run.progress.cycle = 1;
  run.progress.cycles = 3;
  run.progress.endpoints = 20;
  run.progress.target_endpoints = 20;
  run.clients_attached = run.clients_joined = 2;
  run.clients.streams_target = run.clients.streams_open = run.clients.streams_joined = 20;
  run.clients.streams_created = 20;
  auto& counts = run.clients.services[0];
  counts.due = counts.credited = 100;
  counts.destination.Record(std::chrono::milliseconds{5}, 100);
  counts.end_to_end.Record(std::chrono::milliseconds{25}, 100);
  run.churn.scale_events = 4;
  run.churn.changes = 10;
  run.churn.kubernetes.Record(std::chrono::milliseconds{20}, 10);
  run.facts = {true, stage >= coordination::Stage::kConcluded, 2, 0, 20, 20};
  if (stage < coordination::Stage::kConcluded) return run;
  run.progress.step = coordination::ChurnStep::kFinished;
  run.progress.cycle = 3;
  run.facts.clients_concluded = 2;
  run.facts.streams_at_end = 20;
  return run;
}

PodView ChurnPod(const LoadTest& test) {
  PodView pod;
  pod.meta = {test.meta.ns, test.meta.name + "-churn", "pod-uid", "1", 0, false};
  pod.test = test.meta.name;
  pod.component = "churn";
  pod.owner_uid = test.meta.uid;
  pod.run_id = test.status.run_id;
  pod.phase = "Running";
  pod.ready = true;
  pod.containers.resize(1);
  return pod;
}

PodView ClientPod(const LoadTest& test, int number) {
  PodView pod = ChurnPod(test);
  pod.meta.name = fmt::format("{}-client-{}", test.meta.name, number);
  pod.component = "client";
  return pod;
}

Observed Healthy(Phase phase) {
  using coordination::Stage;
  Observed seen;
  seen.test = Test(phase);
  seen.fresh_run_id = "fresh";
  if (phase < Phase::kStarting) return seen;
  seen.churn_pod = ChurnPod(seen.test);
  seen.client_pods = {ClientPod(seen.test, 1), ClientPod(seen.test, 2)};
  DeploymentView clients;
  clients.meta = {seen.test.meta.ns, seen.test.meta.name + "-client", "d", "1", 1, false};
  clients.owner_uid = seen.test.meta.uid;
  clients.run_id = seen.test.status.run_id;
  clients.replicas = 2;
  seen.clients = clients;
  seen.secret = SecretView{seen.test.meta.uid, seen.test.status.run_id};
  seen.support_applied = true;
  seen.run_known = true;
  seen.run_age = std::chrono::minutes{1};
  const Stage stage = phase == Phase::kStarting   ? Stage::kGathering
                      : phase == Phase::kRunning  ? Stage::kRunning
                      : phase == Phase::kDraining ? Stage::kDraining
                                                  : Stage::kConcluded;
  seen.run = View(stage);
  if (stage == Stage::kGathering) {
    seen.run->facts.started = false;
    seen.run->progress.step = coordination::ChurnStep::kReady;
    seen.run->progress.cycle = 0;
    seen.run->clients.services.clear();
  }
  return seen;
}

LoadTestStatus StatusAfter(const Observed& seen, const Plan& plan) {
  const auto* patch = plan.Find<action::PatchStatus>();
  return patch == nullptr ? seen.test.status : patch->status;
}

std::string ConditionText(const LoadTestStatus& status, std::string_view type) {
  const Condition* found = FindCondition(status, type);
  if (found == nullptr) return "";
  const char* truth = found->status == Truth::kTrue ? "True" : found->status == Truth::kFalse ? "False" : "Unknown";
  return fmt::format("{}={}/{}", type, truth, found->reason);
}

}  // namespace dst_load::op::sample
