#include <catch2/catch.hpp>

#include "kube/object.h"
#include "operator/conditions.h"
#include "report/report.h"
#include "test/integration/operator/cluster.h"
#include "test/integration/operator/troupe.h"

namespace dst_load::op::test {
namespace {

TEST_CASE("Applying a LoadTest makes its children, each owned by it", "[operator]") {
  Cluster cluster("children");
  cluster.Apply(kSmall);
  REQUIRE(Cluster::Await([&] { return HasChildren(cluster); }));
  const std::pair<kube::Resource, const char*> children[] = {{kube::kPods, "x-churn"},
                                                             {kube::kDeployments, "x-client"},
                                                             {kube::kServiceAccounts, "x-churn"},
                                                             {kube::kServiceAccounts, "x-client"},
                                                             {kube::kRoles, "x-churn"},
                                                             {kube::kRoleBindings, "x-churn"},
                                                             {kube::kSecrets, "x-run"}};
  const LoadTest test = cluster.Test();
  for (const auto& [kind, name] : children) {
    INFO(kind.plural << "/" << name);
    const auto child = cluster.Object(kind, name);
    REQUIRE_FALSE(child.is_null());
    CHECK(child.at("metadata").at("ownerReferences").at(0).at("uid") == test.meta.uid);
    CHECK(child.at("metadata").at("labels").at("dst-load.dev/run") == test.status.run_id);
  }
  CHECK(cluster.AwaitPhase(Phase::kStarting));
  CHECK(cluster.TestStatus().conditions.size() == 7);
  CHECK(cluster.ConditionText(condition::kReconciling) == "True/Starting");
  CHECK(cluster.ConditionText(condition::kComplete) == "False/Starting");
  CHECK(Cluster::Await([&] { return cluster.ConditionText(condition::kChurnReady) == "False/NotAttached"; }));
}

TEST_CASE("A test goes from its application to its verdict, and its numbers add up", "[operator]") {
  Cluster cluster("whole");
  cluster.Apply(kSmall);
  REQUIRE(Cluster::Await([&] { return HasChildren(cluster); }));
  Troupe troupe(cluster);
  REQUIRE(cluster.AwaitPhase(Phase::kRunning));
  CHECK(cluster.ConditionText(condition::kChurnReady) == "True/Ready");
  CHECK(cluster.ConditionText(condition::kClientsReady) == "True/Ready");
  CHECK(cluster.TestStatus().client.streams == 6);
  troupe.churn.Grow(4);
  troupe.churn.Report(ChurnStep::kHoldMax, 1);
  REQUIRE(Cluster::Await([&] { return cluster.TestStatus().client.updates == 24; }));
  CHECK(Cluster::Await([&] { return cluster.TestStatus().cycles == "1/3"; }));
  troupe.churn.Report(ChurnStep::kFinished, 3);
  REQUIRE(cluster.AwaitPhase(Phase::kSucceeded));
  const LoadTestStatus status = cluster.TestStatus();
  CHECK(status.verdict == "Pass");
  CHECK(status.cycles == "3/3");
  CHECK(status.client.due == 24);
  CHECK(status.client.updates == 24);
  CHECK(status.client.missing == 0);
  CHECK(status.destination.p99 == "5ms");
  CHECK(status.violations.at("total") == 0);
  CHECK(status.completion_time.has_value());
  CHECK(cluster.ConditionText(condition::kReady) == "True/CriteriaMet");
  CHECK(cluster.ConditionText(condition::kComplete) == "True/CriteriaMet");
  CHECK(cluster.ConditionText(condition::kSucceeded) == "True/CriteriaMet");

  // The report is there as soon as the status says so, whole, and belongs to the test.
  CHECK(status.report_config_map == "x-" + status.run_id + "-report");
  const auto map = cluster.Object(kube::kConfigMaps, status.report_config_map);
  REQUIRE_FALSE(map.is_null());
  CHECK(map.at("metadata").at("ownerReferences").at(0).at("uid") == cluster.Test().meta.uid);
  CHECK(kube::Member(map.at("data"), "junit.xml") != nullptr);
  const auto* text = kube::Member(map.at("data"), "report.json");
  REQUIRE(text != nullptr);
  const auto read = report::ReadReport(text->get<std::string>());
  REQUIRE(read);
  CHECK(read->total.credited == 24);
  CHECK(read->verdict.outcome == measure::Outcome::kPass);
  CHECK(read->facts.phase == "Succeeded");

  REQUIRE(Cluster::Await([&] { return troupe.churn.Released() && troupe.one.Released(); }));
  CHECK(Cluster::Await([&] { return !cluster.Exists(kube::kDeployments, "x-client"); }));
  cluster.PatchStatus(kube::kPods, "x-churn", R"({"phase":"Succeeded"})");
  // The run is forgotten: its workers' sessions end, and the finished Pod stays for its log.
  CHECK(Cluster::Await([&] { return !troupe.churn.Session().Attached(); }));
  CHECK(cluster.Exists(kube::kPods, "x-churn"));
  CHECK(cluster.Exists(kube::kSecrets, "x-run"));
  const std::string page = cluster.Metrics().Render();
  CHECK_THAT(page, Catch::Contains("dst_load_verdicts_total{verdict=\"Pass\"} 1"));
  CHECK_THAT(page, Catch::Contains("dst_load_tests{phase=\"Succeeded\"} 1"));
  CHECK_THAT(page, Catch::Contains("dst_load_tests{phase=\"Running\"} 0"));
}

TEST_CASE("Phases are told as events of the LoadTest", "[operator]") {
  Cluster cluster("events");
  cluster.Apply(kSmall);
  const auto reasons = [&] {
    std::set<std::string> found;
    const auto events = cluster.Api().List(kube::kEvents, cluster.Namespace());
    REQUIRE(events);
    for (const auto& each : events->items) {
      if (kube::StringAt(each, "regarding.kind") == "LoadTest") found.insert(kube::StringAt(each, "reason"));
    }
    return found;
  };
  CHECK(Cluster::Await([&] { return reasons().contains("Starting"); }));
}

TEST_CASE("An operator that takes over in mid-run loses no count and doubles none", "[operator]") {
  Cluster cluster("failover");
  cluster.Apply(kSmall);
  REQUIRE(Cluster::Await([&] { return HasChildren(cluster); }));
  Troupe troupe(cluster);
  REQUIRE(cluster.AwaitPhase(Phase::kRunning));
  troupe.churn.Grow(4);
  troupe.churn.Report(ChurnStep::kHoldMax, 1);
  REQUIRE(Cluster::Await([&] { return cluster.TestStatus().client.updates == 24; }));
  const std::string token = coordination::SessionOptions(cluster.Session("look")).credentials.token;
  const std::string run_id = cluster.TestStatus().run_id;
  const std::string pod = kube::StringAt(cluster.Object(kube::kPods, "x-churn"), "metadata.uid");

  cluster.StopController();
  troupe.churn.Grow(2);
  cluster.StartController();
  bool went_back = false;
  REQUIRE(Cluster::Await([&] {
    const LoadTestStatus status = cluster.TestStatus();
    went_back = went_back || status.client.updates < 24 || status.phase != Phase::kRunning || status.cycles != "1/3";
    return status.client.updates == 36;
  }));
  CHECK_FALSE(went_back);
  troupe.churn.Report(ChurnStep::kFinished, 3);
  REQUIRE(cluster.AwaitPhase(Phase::kSucceeded));
  CHECK(cluster.TestStatus().client.due == 36);
  CHECK(cluster.TestStatus().client.updates == 36);
  CHECK(cluster.TestStatus().run_id == run_id);
  CHECK(troupe.churn.Starts() == 1);
  CHECK(coordination::SessionOptions(cluster.Session("look")).credentials.token == token);
  CHECK(kube::StringAt(cluster.Object(kube::kPods, "x-churn"), "metadata.uid") == pod);
}

TEST_CASE("stop ends a running test as Stopped, with its numbers", "[operator]") {
  Cluster cluster("stop");
  cluster.Apply(kSmall);
  REQUIRE(Cluster::Await([&] { return HasChildren(cluster); }));
  Troupe troupe(cluster);
  REQUIRE(cluster.AwaitPhase(Phase::kRunning));
  troupe.churn.Grow(4);
  troupe.churn.Report(ChurnStep::kHoldMax, 1);
  REQUIRE(Cluster::Await([&] { return cluster.TestStatus().client.updates == 24; }));
  REQUIRE(cluster.Api().MergePatch(kLoadTests, cluster.Namespace(), "x", {{"spec", {{"stop", true}}}}));
  REQUIRE(Cluster::Await([&] { return troupe.churn.Stops() == 1; }));
  CHECK(cluster.AwaitPhase(Phase::kDraining));
  CHECK(cluster.TestStatus().reason == "StopRequested");
  troupe.churn.Report(ChurnStep::kFinished, 1);
  REQUIRE(cluster.AwaitPhase(Phase::kStopped));
  CHECK(cluster.TestStatus().client.updates == 24);
  CHECK(cluster.TestStatus().verdict == "Inconclusive");
}

TEST_CASE("Deleting a LoadTest in mid-run ends the run", "[operator]") {
  Cluster cluster("deleted");
  cluster.Apply(kSmall);
  REQUIRE(Cluster::Await([&] { return HasChildren(cluster); }));
  Troupe troupe(cluster);
  REQUIRE(cluster.AwaitPhase(Phase::kRunning));
  REQUIRE(cluster.Api().Delete(kLoadTests, cluster.Namespace(), "x"));
  CHECK(Cluster::Await([&] { return !troupe.churn.Session().Attached() && !troupe.one.Session().Attached(); }));
}

}  // namespace
}  // namespace dst_load::op::test
