#include <catch2/catch.hpp>

#include "operator/conditions.h"
#include "test/integration/operator/troupe.h"

namespace dst_load::op::test {
namespace {

void Suspend(Cluster& cluster, bool suspended) {
  REQUIRE(cluster.Api().MergePatch(kLoadTests, cluster.Namespace(), "x", {{"spec", {{"suspend", suspended}}}}));
}

TEST_CASE("A test is suspended before it begins and in mid-run, across a fail-over, and ends whole", "[operator]") {
  Cluster cluster("suspend");
  nlohmann::json spec = nlohmann::json::parse(kSmall);
  spec["suspend"] = true;
  cluster.Apply(spec.dump());
  REQUIRE(Cluster::Await([&] { return cluster.ConditionText(condition::kReady) == "False/Suspended"; }));
  CHECK(cluster.TestStatus().phase == Phase::kPending);
  CHECK_FALSE(cluster.Exists(kube::kPods, "x-churn"));

  Suspend(cluster, false);
  REQUIRE(Cluster::Await([&] { return HasChildren(cluster); }));
  Troupe troupe(cluster);
  REQUIRE(cluster.AwaitPhase(Phase::kRunning));
  troupe.churn.Grow(4);
  troupe.churn.Report(ChurnStep::kHoldMax, 1);
  const std::string run_id = cluster.TestStatus().run_id;
  Suspend(cluster, true);
  REQUIRE(Cluster::Await([&] { return troupe.churn.Suspended(); }));
  REQUIRE(Cluster::Await([&] { return cluster.ConditionText(condition::kReady) == "False/Suspended"; }));
  CHECK(cluster.TestStatus().phase == Phase::kRunning);

  // The coordinator that takes over tells it again, and churn that missed the end of the suspension learns of it.
  cluster.StopController();
  cluster.StartController();
  REQUIRE(Cluster::Await([&] { return troupe.churn.Session().Attached(); }));
  CHECK(troupe.churn.Suspended());
  cluster.StopController();
  Suspend(cluster, false);
  cluster.StartController();
  REQUIRE(Cluster::Await([&] { return !troupe.churn.Suspended(); }));
  troupe.churn.Grow(2);
  troupe.churn.Report(ChurnStep::kFinished, 3);
  REQUIRE(cluster.AwaitPhase(Phase::kSucceeded));
  CHECK(cluster.TestStatus().run_id == run_id);
  CHECK(cluster.TestStatus().client.updates == 36);
  CHECK(cluster.TestStatus().cycles == "3/3");
}

}  // namespace
}  // namespace dst_load::op::test
