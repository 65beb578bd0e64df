#include <catch2/catch.hpp>

#include "kube/object.h"
#include "operator/conditions.h"
#include "test/integration/operator/cluster.h"

namespace dst_load::op::test {
namespace {

using nlohmann::json;

std::string WithStartupDeadline(const char* deadline) {
  return json{{"startupDeadline", deadline}, {"client", {{"replicas", 1}}}}.dump();
}

bool HasChurnPod(Cluster& cluster) { return cluster.Exists(kube::kPods, "x-churn"); }

TEST_CASE("A Pod's trouble is a condition's reason at once, and the test's when its startup deadline passes",
          "[operator]") {
  Cluster cluster("trouble");
  cluster.Apply(WithStartupDeadline("4s"));
  REQUIRE(Cluster::Await([&] { return HasChurnPod(cluster); }));
  SECTION("image") {
    cluster.PatchStatus(
        kube::kPods, "x-churn",
        R"({"phase":"Pending","containerStatuses":[{"name":"churn","image":"i","imageID":"","ready":false,
                            "restartCount":0,"state":{"waiting":{"reason":"ImagePullBackOff","message":"no such image"}}}]})");
    REQUIRE(Cluster::Await([&] { return cluster.ConditionText(condition::kChurnReady) == "False/ImagePullFailed"; }));
    CHECK(cluster.TestStatus().phase == Phase::kStarting);
    REQUIRE(cluster.AwaitPhase(Phase::kFailed));
    CHECK(cluster.TestStatus().reason == "ImagePullFailed");
    CHECK(cluster.TestStatus().verdict == "Inconclusive");
    CHECK_THAT(cluster.TestStatus().message, Catch::Contains("no such image"));
  }
  SECTION("node") {
    cluster.PatchStatus(
        kube::kPods, "x-churn",
        R"({"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable",
                            "message":"0/1 nodes are available"}]})");
    REQUIRE(cluster.AwaitPhase(Phase::kFailed));
    CHECK(cluster.TestStatus().reason == "PodsUnschedulable");
    CHECK(cluster.ConditionText(condition::kStalled) == "True/PodsUnschedulable");
    CHECK(cluster.ConditionText(condition::kComplete) == "True/PodsUnschedulable");
  }
}

TEST_CASE("Quota that forbids the churn Pod fails the test with that reason", "[operator]") {
  Cluster cluster("quota");
  const std::string& ns = cluster.Namespace();
  // Its controller does not run: the status says what it would.
  REQUIRE(cluster.Api().Create(kube::Resource{"", "v1", "resourcequotas", "ResourceQuota", true}, ns,
                               {{"metadata", {{"name", "none"}}}, {"spec", {{"hard", {{"pods", "0"}}}}}}));
  cluster.PatchStatus(kube::Resource{"", "v1", "resourcequotas", "ResourceQuota", true}, "none",
                      R"({"hard":{"pods":"0"},"used":{"pods":"0"}})");
  cluster.Apply(WithStartupDeadline("4s"));
  REQUIRE(Cluster::Await([&] { return cluster.ConditionText(condition::kChurnReady) == "False/QuotaExceeded"; }));
  REQUIRE(cluster.AwaitPhase(Phase::kFailed));
  CHECK(cluster.TestStatus().reason == "QuotaExceeded");
}

TEST_CASE("A churn Pod that is deleted or evicted is made anew", "[operator]") {
  Cluster cluster("anew");
  cluster.Apply(WithStartupDeadline("5m"));
  REQUIRE(Cluster::Await([&] { return HasChurnPod(cluster); }));
  const auto uid = [&] { return kube::StringAt(cluster.Object(kube::kPods, "x-churn"), "metadata.uid"); };
  const std::string first = uid();
  SECTION("deleted") { REQUIRE(cluster.Api().Delete(kube::kPods, cluster.Namespace(), "x-churn")); }
  SECTION("evicted") {
    cluster.PatchStatus(kube::kPods, "x-churn", R"({"phase":"Failed","reason":"Evicted","message":"low on memory"})");
  }
  CHECK(Cluster::Await([&] { return !uid().empty() && uid() != first; }));
}

TEST_CASE("Changed replicas reach the client Deployment", "[operator]") {
  Cluster cluster("replicas");
  cluster.Apply(WithStartupDeadline("5m"));
  REQUIRE(Cluster::Await([&] { return cluster.Exists(kube::kDeployments, "x-client"); }));
  REQUIRE(cluster.AwaitPhase(Phase::kStarting));
  REQUIRE(cluster.Api().MergePatch(kLoadTests, cluster.Namespace(), "x", {{"spec", {{"client", {{"replicas", 3}}}}}}));
  CHECK(Cluster::Await(
      [&] { return kube::IntAt(cluster.Object(kube::kDeployments, "x-client"), "spec.replicas") == 3; }));
  CHECK(Cluster::Await([&] { return cluster.TestStatus().client.target_streams == 300; }));
}

TEST_CASE("A token is never changed in a run", "[operator]") {
  Cluster cluster("token");
  cluster.Apply(WithStartupDeadline("5m"));
  REQUIRE(Cluster::Await([&] { return HasChurnPod(cluster); }));
  const json before = cluster.Object(kube::kSecrets, "x-run");
  cluster.StopController();
  cluster.StartController();
  REQUIRE(cluster.Api().Delete(kube::kDeployments, cluster.Namespace(), "x-client"));
  REQUIRE(Cluster::Await([&] { return cluster.Exists(kube::kDeployments, "x-client"); }));
  CHECK(cluster.Object(kube::kSecrets, "x-run").at("data") == before.at("data"));
}

}  // namespace
}  // namespace dst_load::op::test
