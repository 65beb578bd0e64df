#include "workers/churn/workload.h"

#include <algorithm>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/http_server.h"
#include "kube/object.h"
#include "kubernetes.h"
#include "workers/churn/churn_worker.h"

namespace dst_load::workers::churn {
namespace {

using namespace std::chrono_literals;
using coordination::ChurnStep;
using nlohmann::json;
using Names = std::vector<std::string>;

const Names kAll = {"a-1", "a-2", "a-3"};

ChurnFlags Stable(const std::string& cleanup, const std::string& duration = "50ms") {
  ChurnFlags flags;
  flags.endpoints_per_service = "4";
  flags.duration = duration;
  flags.cleanup = cleanup;
  return flags;
}

ChurnFlags Oscillate(const std::string& hold) {
  ChurnFlags flags;
  flags.pattern = "oscillate";
  flags.min_endpoints = "2";
  flags.max_endpoints = "5";
  flags.min_hold = flags.max_hold = hold;
  flags.jitter = "50ms";
  flags.cycles = "2";
  flags.seed = "42";
  return flags;
}

Outcome RunChurn(Kubernetes& kubernetes, const ChurnFlags& flags, std::stop_token stop = {}) {
  const auto client = AdminClient();
  return ChurnWorker(OptionsFor(kubernetes, flags), *client, SystemClock(), std::nullopt).Run(std::move(stop));
}

TEST_CASE("A stable run creates its objects, and leaves or takes them as it is told", "[churn]") {
  Kubernetes kubernetes("stable");
  REQUIRE(kubernetes.Client().Create(kube::kServices, "stable",
                                     {{"metadata", {{"name", "bystander"}}}, {"spec", {{"ports", {{{"port", 80}}}}}}}));
  ChurnFlags flags = Stable("Never");
  flags.test_name = "baseline";
  flags.owner = "baseline/11-22";
  const Outcome first = RunChurn(kubernetes, flags);
  CHECK(first.ending == Ending::kDone);
  CHECK(first.exit_code == 0);
  CHECK_FALSE(first.cleaned);
  CHECK(first.view.progress.step == ChurnStep::kFinished);
  CHECK(first.view.progress.endpoints == 12);
  CHECK(first.view.snapshot.services_created == 3);
  CHECK(first.view.snapshot.scale_events == 0);
  CHECK(first.view.snapshot.changes == 0);
  CHECK(kubernetes.Names(kube::kDeployments) == kAll);

  const json service = kubernetes.Client().Get(kube::kServices, "stable", "a-2").value();
  CHECK(service["spec"]["ports"][0]["port"] == 8080);
  CHECK(service["metadata"]["labels"]["dst-load.dev/test"] == "baseline");
  CHECK(service["metadata"]["ownerReferences"][0]["uid"] == "11-22");
  CHECK(service["metadata"]["managedFields"][0]["manager"] == "dst-load-churn");
  CHECK(service["metadata"]["managedFields"][0]["operation"] == "Apply");
  const json deployment = kubernetes.Client().Get(kube::kDeployments, "stable", "a-2").value();
  CHECK(deployment["spec"]["replicas"] == 4);
  CHECK(deployment["spec"]["template"]["spec"]["nodeSelector"]["type"] == "kwok");

  // The next run adopts them, and takes them away.
  flags.cleanup = "Always";
  const Outcome second = RunChurn(kubernetes, flags);
  CHECK(second.ending == Ending::kDone);
  CHECK(second.cleaned);
  CHECK(second.view.snapshot.services_created == 0);
  CHECK(kubernetes.Names(kube::kDeployments).empty());
  CHECK(kubernetes.Names(kube::kServices) == Names{"bystander"});
}

TEST_CASE("An oscillation scales every service on schedule and knows what each change was caused by", "[churn]") {
  Kubernetes kubernetes("oscillate");
  const MonoTime begun = SystemClock().Mono();
  const Outcome outcome = RunChurn(kubernetes, Oscillate("700ms"));
  CHECK(SystemClock().Mono() - begun >= 2800ms);
  CHECK(outcome.ending == Ending::kDone);
  CHECK(outcome.cleaned);
  CHECK(kubernetes.Names(kube::kDeployments).empty());
  const RunView& view = outcome.view;
  CHECK(view.progress.cycle == 2);
  CHECK(view.progress.endpoints == 6);
  CHECK(view.scale_up == 6);
  CHECK(view.scale_down == 6);
  CHECK(view.snapshot.scale_errors == 0);
  CHECK(view.snapshot.schedule_lag.Count() == 12);
  CHECK(view.snapshot.changes_without_cause == 0);
  CHECK(view.snapshot.kubernetes.Count() == view.snapshot.changes);
  CHECK(view.snapshot.kubernetes.Below() == 0);
  // 3 endpoints, 3 services, up and down, twice; fewer only where this machine was too slow for the holds.
  CHECK(view.snapshot.changes <= 36);
  CHECK(view.snapshot.changes > 0);
  for (const ServiceTally& service : view.services) CHECK(service.added == service.removed);
}

TEST_CASE("A name that somebody else has fails the run before anything is created", "[churn]") {
  Kubernetes kubernetes("conflict");
  REQUIRE(kubernetes.Client().Create(kube::kServices, "conflict",
                                     {{"metadata", {{"name", "a-3"}}}, {"spec", {{"ports", {{{"port", 80}}}}}}}));
  const Outcome outcome = RunChurn(kubernetes, Stable("Always"));
  CHECK(outcome.ending == Ending::kFailed);
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.reason == "NameConflict");
  CHECK_THAT(outcome.message, Catch::Contains("services/conflict/a-3"));
  CHECK(outcome.view.progress.step == ChurnStep::kFailed);
  CHECK(kubernetes.Names(kube::kServices) == Names{"a-3"});
  CHECK(kubernetes.Names(kube::kDeployments).empty());
}

TEST_CASE("A namespace that is not there fails the run at once", "[churn]") {
  Kubernetes kubernetes("elsewhere");
  ChurnOptions options = OptionsFor(kubernetes, Stable("Always"));
  options.ns = "nowhere";
  const auto client = AdminClient();
  const Outcome outcome = ChurnWorker(options, *client, SystemClock(), std::nullopt).Run({});
  CHECK(outcome.ending == Ending::kFailed);
  CHECK(outcome.reason == "NamespaceNotFound");
  CHECK_THAT(outcome.message, Catch::Contains("nowhere"));
}

/// Runs churn aside and stops it once it has reached `step`. Fails the test when that takes more than 10 s.
struct Stopped {
  Outcome outcome;
  Micros took{0};
};
Stopped StopAt(Kubernetes& kubernetes, const ChurnFlags& flags, ChurnStep step) {
  const auto client = AdminClient();
  ChurnWorker worker(OptionsFor(kubernetes, flags), *client, SystemClock(), std::nullopt);
  std::stop_source stop;
  Stopped stopped;
  std::jthread run([&] { stopped.outcome = worker.Run(stop.get_token()); });
  const MonoTime deadline = SystemClock().Mono() + 10s;
  while (worker.View().progress.step != step && SystemClock().Mono() < deadline) std::this_thread::yield();
  CHECK(worker.View().progress.step == step);
  const MonoTime asked = SystemClock().Mono();
  stop.request_stop();
  run.join();
  stopped.took = SystemClock().Mono() - asked;
  return stopped;
}

TEST_CASE("A signal ends a run in any step, and what it created goes", "[churn]") {
  Kubernetes kubernetes("signal");
  for (const ChurnStep step : {ChurnStep::kHoldMax, ChurnStep::kHoldMin}) {
    const Stopped stopped = StopAt(kubernetes, Oscillate("2s"), step);
    CHECK(stopped.outcome.ending == Ending::kInterrupted);
    CHECK(stopped.outcome.exit_code == 0);
    CHECK(stopped.outcome.cleaned);
    CHECK(stopped.took < 10s);
    CHECK(kubernetes.Names(kube::kDeployments).empty());
    CHECK(kubernetes.Names(kube::kServices).empty());
  }
}

TEST_CASE("With cleanup on success an interrupted run leaves its objects", "[churn]") {
  Kubernetes kubernetes("on-success");
  ChurnFlags flags = Stable("OnSuccess", "1h");
  const Stopped stopped = StopAt(kubernetes, flags, ChurnStep::kStable);
  CHECK(stopped.outcome.ending == Ending::kInterrupted);
  CHECK_FALSE(stopped.outcome.cleaned);
  CHECK(kubernetes.Names(kube::kDeployments) == kAll);
  flags.duration = "50ms";
  CHECK(RunChurn(kubernetes, flags).cleaned);
  CHECK(kubernetes.Names(kube::kDeployments).empty());
}

TEST_CASE("What keeps Pods from becoming endpoints is looked up", "[churn]") {
  Kubernetes kubernetes("trouble");
  const ChurnOptions options = OptionsFor(kubernetes, Stable("Always"));
  kube::Client& client = kubernetes.Client();
  Workload workload(client, ObjectSpecOf(options), kAll);
  CHECK(workload.Diagnose(3, 12).reason == "EndpointsNotReady");
  CHECK(workload.Diagnose(3, 12).message == "3 of 12 endpoints are ready");

  json pod = BuildDeployment(ObjectSpecOf(options), "a-1", 1)["spec"]["template"];
  pod["metadata"]["name"] = "stuck";
  REQUIRE(client.Create(kube::kPods, "trouble", pod));
  const json unschedulable = {{"type", "PodScheduled"},
                              {"status", "False"},
                              {"reason", "Unschedulable"},
                              {"message", "0/1 nodes are available"}};
  REQUIRE(
      client.MergePatch(kube::kPods, "trouble", "stuck", {{"status", {{"conditions", {unschedulable}}}}}, "status"));
  const Trouble trouble = workload.Diagnose(3, 12);
  CHECK(trouble.reason == "PodsUnschedulable");
  CHECK_THAT(trouble.message, Catch::StartsWith("1 of 1 Pods") && Catch::EndsWith("0/1 nodes are available"));
}

TEST_CASE("A run has the destination's figures, its steps and its endpoints over time", "[churn]") {
  Kubernetes kubernetes("figures");
  HttpServer destination;
  destination.Page("/metrics", [] { return HttpPage{200, "process_resident_memory_bytes 4096\n"}; });
  REQUIRE(destination.Start(0));
  ChurnFlags flags = Oscillate("200ms");
  flags.destination_metrics_url = "http://127.0.0.1:" + std::to_string(destination.Port()) + "/metrics";
  flags.destination_metrics_interval = "10ms";
  const Outcome outcome = RunChurn(kubernetes, flags);
  REQUIRE(outcome.ending == Ending::kDone);
  const measure::ChurnSnapshot& snapshot = outcome.view.snapshot;
  CHECK(snapshot.destination.asked);
  CHECK(snapshot.destination.scrapes > 1);
  CHECK(snapshot.destination.failures == 0);
  REQUIRE(snapshot.destination.Find("memory_bytes"));
  CHECK(snapshot.destination.Find("memory_bytes")->max == 4096);
  CHECK(snapshot.clock_jumps == 0);

  std::vector<std::string> steps;
  for (const auto& mark : snapshot.marks) steps.push_back(mark.step + " " + std::to_string(mark.cycle));
  CHECK(std::count(steps.begin(), steps.end(), "ScaleUp 0") == 1);
  CHECK(std::count(steps.begin(), steps.end(), "ScaleUp 1") == 1);
  CHECK(steps.front() == "Ready 0");
  CHECK(steps.back() == "Finished 2");
  double most = 0;
  for (const auto& slot : snapshot.endpoints.Slots()) most = std::max(most, slot.value.value_or(0));
  CHECK(most == 15);
}

TEST_CASE("A destination whose metrics cannot be read disturbs no run", "[churn]") {
  Kubernetes kubernetes("unread");
  ChurnFlags flags = Stable("Always");
  flags.destination_metrics_url = "http://127.0.0.1:1/metrics";
  flags.destination_metrics_interval = "10ms";
  const Outcome outcome = RunChurn(kubernetes, flags);
  CHECK(outcome.ending == Ending::kDone);
  CHECK(outcome.view.snapshot.destination.scrapes > 0);
  CHECK(outcome.view.snapshot.destination.failures == outcome.view.snapshot.destination.scrapes);
  CHECK_THAT(outcome.view.snapshot.destination.trouble, Catch::Contains("cannot connect"));
}

}  // namespace
}  // namespace dst_load::workers::churn
