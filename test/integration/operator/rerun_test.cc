#include <catch2/catch.hpp>

#include "kube/object.h"
#include "operator/conditions.h"
#include "operator/views.h"
#include "test/integration/operator/troupe.h"

namespace dst_load::op::test {
namespace {

void AskRerun(Cluster& cluster, const char* token) {
  REQUIRE(cluster.Api().MergePatch(kLoadTests, cluster.Namespace(), "x",
                                   {{"metadata", {{"annotations", {{std::string(kRerunAnnotation), token}}}}}}));
}

bool HasChildrenOf(Cluster& cluster, const std::string& run_id) {
  if (!HasChildren(cluster) || !cluster.Exists(kube::kSecrets, "x-run")) return false;
  const LoadTest test = cluster.Test();
  return test.status.run_id == run_id && IsChildOf(cluster.Object(kube::kPods, "x-churn"), test) &&
         ParseSecret(cluster.Object(kube::kSecrets, "x-run")).run_id == run_id &&
         ParsePod(cluster.Object(kube::kPods, "x-churn"))->run_id == run_id;
}

/// Plays a run from its children to its end; every new endpoint is an update on each of the six streams.
void Play(Cluster& cluster, int endpoints) {
  Troupe troupe(cluster);
  REQUIRE(cluster.AwaitPhase(Phase::kRunning));
  troupe.churn.Grow(endpoints);
  troupe.churn.Report(ChurnStep::kFinished, 3);
  REQUIRE(cluster.AwaitPhase(Phase::kSucceeded));
  REQUIRE(Cluster::Await([&] { return troupe.churn.Released(); }));
  cluster.PatchStatus(kube::kPods, "x-churn", R"({"phase":"Succeeded"})");
}

TEST_CASE("A test that is over runs again, from nothing, when its annotation says so", "[operator]") {
  Cluster cluster("rerun");
  cluster.Apply(kSmall);
  REQUIRE(Cluster::Await([&] { return HasChildren(cluster); }));
  // While the test runs this waits.
  AskRerun(cluster, "soon");
  const std::string token = TokenOf(cluster.Object(kube::kSecrets, "x-run"));
  const std::string first = cluster.TestStatus().run_id;
  Play(cluster, 4);
  REQUIRE(Cluster::Await([&] { return cluster.TestStatus().run_id != first; }));
  const LoadTestStatus begun = cluster.TestStatus();
  CHECK(begun.rerun_token == "soon");
  CHECK(begun.client.updates == 0);
  CHECK(cluster.ConditionText(condition::kComplete).substr(0, 5) == "False");
  REQUIRE(begun.history.size() == 1);
  CHECK(begun.history[0].run_id == first);
  CHECK(begun.history[0].verdict == "Pass");
  CHECK(begun.history[0].destination_p99 == "5ms");
  CHECK(cluster.Exists(kube::kConfigMaps, begun.history[0].report_config_map));

  REQUIRE(Cluster::Await([&] { return HasChildrenOf(cluster, begun.run_id); }));
  CHECK(TokenOf(cluster.Object(kube::kSecrets, "x-run")) != token);
  Play(cluster, 2);
  const LoadTestStatus ended = cluster.TestStatus();
  CHECK(ended.run_id == begun.run_id);
  CHECK(ended.verdict == "Pass");
  CHECK(ended.client.updates == 12);
  CHECK(ended.report_config_map == "x-" + begun.run_id + "-report");
  CHECK_THAT(cluster.Metrics().Render(), Catch::Contains("dst_load_verdicts_total{verdict=\"Pass\"} 2"));
}

TEST_CASE("A re-run of a test that was stopped waits until stop is taken back", "[operator]") {
  Cluster cluster("rerun-stop");
  cluster.Apply(R"({"stop": true})");
  REQUIRE(cluster.AwaitPhase(Phase::kStopped));
  AskRerun(cluster, "again");
  REQUIRE(Cluster::Await([&] { return cluster.ConditionText(condition::kRerunAccepted) == "False/StopIsSet"; }));
  CHECK(cluster.TestStatus().phase == Phase::kStopped);
  REQUIRE(cluster.Api().MergePatch(kLoadTests, cluster.Namespace(), "x",
                                   {{"spec", {{"stop", false}, {"workload", {{"services", 3}}}}}}));
  REQUIRE(Cluster::Await([&] { return HasChildren(cluster); }));
  CHECK(cluster.TestStatus().rerun_token == "again");
  CHECK(cluster.TestStatus().client.target_streams == 300);
  CHECK(cluster.ConditionText(condition::kRerunAccepted).empty());
}

}  // namespace
}  // namespace dst_load::op::test
