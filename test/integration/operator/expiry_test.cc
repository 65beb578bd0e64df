#include <catch2/catch.hpp>

#include "test/integration/operator/cluster.h"

namespace dst_load::op::test {
namespace {

using nlohmann::json;

TEST_CASE("After its time a test has nothing left but itself, its report and what is not its own", "[operator]") {
  Cluster cluster("expiry");
  // Somebody else's, by chance of the same name; and a Service that cleanup: Never left.
  REQUIRE(cluster.Api().Create(kube::kConfigMaps, cluster.Namespace(), {{"metadata", {{"name", "x-checkpoint"}}}}));
  const json labels{{"dst-load.dev/test", "x"}, {"app.kubernetes.io/component", "workload"}};
  REQUIRE(cluster.Api().Create(
      kube::kServices, cluster.Namespace(),
      {{"metadata", {{"name", "left"}, {"labels", labels}}}, {"spec", {{"ports", json::array({{{"port", 80}}})}}}}));
  cluster.Apply(R"({"startupDeadline": "5s", "cleanup": "Never", "client": {"replicas": 1}})");
  REQUIRE(cluster.AwaitPhase(Phase::kFailed));
  CHECK(Cluster::Await([&] { return !cluster.Exists(kube::kDeployments, "x-client"); }));
  cluster.PatchStatus(kube::kPods, "x-churn", R"({"phase":"Succeeded"})");
  CHECK(cluster.Exists(kube::kServices, "left"));
  REQUIRE(cluster.Exists(kube::kSecrets, "x-run"));

  // The time can be given afterwards, and another operator than the one that ran the test keeps it.
  cluster.StopController();
  cluster.StartController();
  REQUIRE(cluster.Api().MergePatch(kLoadTests, cluster.Namespace(), "x", {{"spec", {{"ttlAfterFinished", "2s"}}}}));
  REQUIRE(Cluster::Await([&] { return cluster.TestStatus().children_deleted_time.has_value(); }));
  const LoadTestStatus status = cluster.TestStatus();
  CHECK(*status.children_deleted_time - *status.completion_time >= std::chrono::seconds{2});
  const LoadTest test = cluster.Test();
  for (const auto& [kind, name] : ChildrenOf(test)) {
    INFO(kind.plural << "/" << name);
    CHECK(cluster.Exists(kind, name) == (name == "x-checkpoint"));
  }
  CHECK_FALSE(cluster.Exists(kube::kServices, "left"));
  CHECK(cluster.Exists(kube::kConfigMaps, status.report_config_map));
  CHECK(status.phase == Phase::kFailed);
  CHECK(status.reason == "StartupDeadlineExceeded");
}

}  // namespace
}  // namespace dst_load::op::test
