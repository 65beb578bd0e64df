#include <catch2/catch.hpp>

#include "kube/object.h"
#include "report/report.h"
#include "test/integration/operator/troupe.h"

namespace dst_load::op::test {
namespace {

using nlohmann::json;

std::string Tolerating(const char* percent) {
  json spec = json::parse(kSmall);
  spec["criteria"]["destination"] = json{{"p50", "1s"}};  // whatever became of the few that are given up
  if (*percent != '\0') spec["client"]["maxLostPercent"] = percent;
  return spec.dump();
}

/// A running test with two clients of three streams; its client Pods are made by the test, for no controller is there.
struct Scene {
  Scene(const char* ns, const char* percent) : cluster(ns) {
    cluster.Apply(Tolerating(percent));
    REQUIRE(Cluster::Await([&] { return HasChildren(cluster); }));
    MakePod("one");
    MakePod("two");
    churn = std::make_unique<FakeChurn>(theatre, cluster.Session("churn"));
    churn->Begin(kFirst);
    churn->Report(ChurnStep::kReady);
    one = Client("one");
    two = Client("two");
    REQUIRE(cluster.AwaitPhase(Phase::kRunning));
    churn->Grow(4);
    churn->Report(ChurnStep::kHoldMax, 1);
    REQUIRE(Updates(24));
  }

  std::unique_ptr<FakeClient> Client(const std::string& instance) {
    return std::make_unique<FakeClient>(theatre, cluster.Session(instance), 3);
  }
  /// As the Deployment would.
  void MakePod(const std::string& instance) {
    const json deployment = cluster.Object(kube::kDeployments, "x-client");
    json pod = deployment.at("spec").at("template");
    pod["metadata"]["name"] = "x-" + instance;
    REQUIRE(cluster.Api().Create(kube::kPods, cluster.Namespace(), pod));
    cluster.PatchStatus(kube::kPods, "x-" + instance, R"({"phase":"Running"})");
  }
  void TellOutOfMemory(const std::string& instance) {
    cluster.PatchStatus(
        kube::kPods, "x-" + instance,
        R"({"containerStatuses":[{"name":"client","image":"i","imageID":"","ready":false,"restartCount":0,
                            "state":{"terminated":{"reason":"OOMKilled","exitCode":137}}}]})");
  }
  bool Updates(std::uint64_t updates) {
    return Cluster::Await([&] { return cluster.TestStatus().client.updates == updates; });
  }
  bool Lost(std::uint64_t clients, int seconds = 20) {
    return Cluster::Await([&] { return cluster.TestStatus().client.lost == clients; }, seconds);
  }

  Cluster cluster;
  Theatre theatre;
  std::unique_ptr<FakeChurn> churn;
  std::unique_ptr<FakeClient> one, two;
};

TEST_CASE("A client that is killed ends the test within seconds, as ClientsLost, and its Pod says why", "[operator]") {
  Scene scene("lost", "");
  scene.two->Withhold(5);
  REQUIRE(scene.two->Session().Flush(std::chrono::seconds{10}));
  scene.two.reset();
  scene.TellOutOfMemory("two");
  REQUIRE(scene.cluster.AwaitPhase(Phase::kDraining));
  CHECK(scene.cluster.TestStatus().reason == "ClientsLost");
  CHECK(scene.cluster.TestStatus().client.lost == 1);
  CHECK_THAT(scene.cluster.TestStatus().message, Catch::Contains("x-two: OOMKilled, exit code 137"));
  REQUIRE(Cluster::Await([&] { return scene.churn->Stops() == 1; }));
  scene.churn->Report(ChurnStep::kFinished, 1);
  // What is left drains, and nobody waits for the dead.
  REQUIRE(scene.cluster.AwaitPhase(Phase::kFailed));
  const LoadTestStatus status = scene.cluster.TestStatus();
  CHECK(status.reason == "ClientsLost");
  CHECK(status.verdict == "Inconclusive");
  CHECK(status.client.lost == 1);
  CHECK(status.client.abandoned == 5);
  const auto map = scene.cluster.Object(kube::kConfigMaps, status.report_config_map);
  const auto report = report::ReadReport(map.at("data").at("report.json").get<std::string>());
  REQUIRE(report);
  CHECK(report->run.facts.lost == std::vector<std::string>{"x-two: OOMKilled, exit code 137"});
  CHECK(report->run.facts.abandoned == 5);
  CHECK(report->verdict.reason == "ClientsLost");
}

TEST_CASE("A loss within the limit is told of, counted once over a fail-over, and lets the test pass", "[operator]") {
  Scene scene("tolerated", "50");
  scene.two->Withhold(7);
  REQUIRE(scene.two->Session().Flush(std::chrono::seconds{10}));
  scene.two.reset();
  scene.TellOutOfMemory("two");
  REQUIRE(scene.Lost(1));
  scene.MakePod("three");
  const auto three = scene.Client("three");
  REQUIRE(Cluster::Await([&] { return scene.cluster.TestStatus().client.ready == 2; }));
  REQUIRE(Cluster::Await([&] { return three->TruthSeq() == 4; }));

  scene.cluster.StopController();
  scene.churn->Grow(2);
  scene.cluster.StartController();
  REQUIRE(scene.Updates(24 - 7 + 12));
  CHECK(scene.cluster.TestStatus().client.lost == 1);
  scene.churn->Report(ChurnStep::kFinished, 3);
  REQUIRE(scene.cluster.AwaitPhase(Phase::kSucceeded));
  const LoadTestStatus status = scene.cluster.TestStatus();
  CHECK(status.verdict == "Pass");
  CHECK(status.client.lost == 1);
  CHECK(status.client.abandoned == 7);
  CHECK(status.client.due == 24 + 12);
  CHECK(status.client.updates + status.client.abandoned == status.client.due);
  CHECK_THAT(status.message, Catch::Contains("1 of 2 clients was lost (x-two: OOMKilled") &&
                                 Catch::Contains("7 updates were given up"));
}

TEST_CASE("Sessions that are cut and come back lose nobody, whoever coordinates by then", "[operator]") {
  Scene scene("cut", "0");
  scene.cluster.StopController();
  REQUIRE(Cluster::Await([&] { return !scene.one->Session().Attached() && !scene.two->Session().Attached(); }));
  scene.churn->Grow(2);
  scene.cluster.StartController();
  REQUIRE(scene.Updates(36));
  scene.churn->Report(ChurnStep::kFinished, 3);
  REQUIRE(scene.cluster.AwaitPhase(Phase::kSucceeded));
  CHECK(scene.cluster.TestStatus().client.lost == 0);
  CHECK(scene.cluster.TestStatus().client.due == 36);
}

TEST_CASE("A leader that dies as soon as it acknowledged a client's last report does not take it along", "[operator]") {
  Scene scene("last-words", "0");
  scene.two->Withhold(5);
  REQUIRE(scene.two->Retire());
  scene.cluster.StopController();
  scene.two.reset();
  REQUIRE(scene.cluster.Api().Delete(kube::kPods, scene.cluster.Namespace(), "x-two"));
  scene.cluster.StartController();
  REQUIRE(Cluster::Await([&] { return scene.cluster.TestStatus().client.retired == 1; }));
  CHECK(scene.cluster.TestStatus().client.lost == 0);
  CHECK(scene.cluster.TestStatus().client.abandoned == 5);
  CHECK(scene.cluster.TestStatus().client.due == 24);
}

TEST_CASE("A client's last report is kept and acknowledged while a quota keeps the churn Pod from being made",
          "[operator]") {
  Scene scene("kept", "0");
  const kube::Resource quotas{"", "v1", "resourcequotas", "ResourceQuota", true};
  REQUIRE(scene.cluster.Api().Create(quotas, scene.cluster.Namespace(),
                                     {{"metadata", {{"name", "none"}}}, {"spec", {{"hard", {{"pods", "0"}}}}}}));
  scene.cluster.PatchStatus(quotas, "none", R"({"hard":{"pods":"0"},"used":{"pods":"0"}})");
  REQUIRE(scene.cluster.Api().Delete(kube::kPods, scene.cluster.Namespace(), "x-churn"));
  REQUIRE(Cluster::Await([&] { return !scene.cluster.Exists(kube::kPods, "x-churn"); }));
  REQUIRE(scene.two->Retire());
  CHECK(Cluster::Await([&] { return scene.cluster.TestStatus().client.retired == 1; }));
}

TEST_CASE("A client that dies while nobody leads is missed by the next leader", "[operator]") {
  Scene scene("unseen", "50");
  scene.cluster.StopController();
  scene.two.reset();
  REQUIRE(scene.cluster.Api().Delete(kube::kPods, scene.cluster.Namespace(), "x-two"));
  scene.cluster.StartController();
  REQUIRE(scene.Lost(1, 60));
  CHECK(scene.cluster.TestStatus().phase == Phase::kRunning);
  scene.churn->Report(ChurnStep::kFinished, 3);
  REQUIRE(scene.cluster.AwaitPhase(Phase::kSucceeded));
  CHECK_THAT(scene.cluster.TestStatus().message, Catch::Contains("x-two: its Pod is gone"));
}

}  // namespace
}  // namespace dst_load::op::test
