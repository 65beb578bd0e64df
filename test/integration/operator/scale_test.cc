#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "kube/object.h"
#include "test/integration/operator/troupe.h"

namespace dst_load::op::test {
namespace {

void Scale(Cluster& cluster, int replicas) {
  REQUIRE(cluster.Api().MergePatch(kLoadTests, cluster.Namespace(), "x",
                                   {{"spec", {{"client", {{"replicas", replicas}}}}}}));
  REQUIRE(Cluster::Await(
      [&] { return kube::IntAt(cluster.Object(kube::kDeployments, "x-client"), "spec.replicas") == replicas; }));
  REQUIRE(Cluster::Await(
      [&] { return cluster.TestStatus().client.target_streams == 3U * static_cast<unsigned>(replicas); }));
}

TEST_CASE("Clients that are added and taken away in mid-run owe what was due while they were there", "[operator]") {
  Cluster cluster("scale");
  auto spec = nlohmann::json::parse(kSmall);
  spec["criteria"]["destination"] = nlohmann::json{{"p50", "1s"}};  // whatever became of the five that are given up
  cluster.Apply(spec.dump());
  REQUIRE(Cluster::Await([&] { return HasChildren(cluster); }));
  Theatre theatre;
  FakeChurn churn(theatre, cluster.Session("churn"));
  churn.Begin(kFirst);
  churn.Report(ChurnStep::kReady);
  auto one = std::make_unique<FakeClient>(theatre, cluster.Session("one"), 3);
  FakeClient two(theatre, cluster.Session("two"), 3);
  REQUIRE(cluster.AwaitPhase(Phase::kRunning));
  const auto updates = [&](std::uint64_t wanted) {
    return Cluster::Await([&] { return cluster.TestStatus().client.updates == wanted; });
  };
  churn.Grow(4);
  churn.Report(ChurnStep::kHoldMax, 1);
  REQUIRE(updates(4 * 6));

  Scale(cluster, 4);
  FakeClient three(theatre, cluster.Session("three"), 3), four(theatre, cluster.Session("four"), 3);
  REQUIRE(Cluster::Await([&] { return cluster.TestStatus().client.streams == 12; }));
  CHECK(cluster.TestStatus().client.due == 4 * 6);  // the new ones know, and owe, what is from now on
  churn.Grow(3);
  REQUIRE(updates(4 * 6 + 3 * 12));

  Scale(cluster, 3);
  SECTION("with an operator that stays") {}
  SECTION("with one that takes over") {
    cluster.StopController();
    cluster.StartController();
  }
  one->Withhold(5);
  REQUIRE(one->Retire());
  one.reset();
  REQUIRE(Cluster::Await([&] { return cluster.TestStatus().client.retired == 1; }));
  REQUIRE(Cluster::Await([&] { return cluster.TestStatus().client.streams == 9; }));
  churn.Grow(1);
  REQUIRE(Cluster::Await([&] { return cluster.TestStatus().client.due == 4 * 6 + 3 * 12 + 9; }));
  churn.Report(ChurnStep::kFinished, 3);
  REQUIRE(cluster.AwaitPhase(Phase::kSucceeded));
  const LoadTestStatus status = cluster.TestStatus();
  CHECK(status.verdict == "Pass");
  CHECK(status.client.due == 4 * 6 + 3 * 12 + 9);
  CHECK(status.client.updates == 4 * 6 + 3 * 12 + 9 - 5);
  CHECK(status.client.abandoned == 5);
  CHECK(status.client.missing == 0);
  CHECK(status.client.retired == 1);
  CHECK(status.client.lost == 0);
  CHECK(status.client.replicas == 3);
  CHECK(cluster.ConditionText("Succeeded") == "True/CriteriaMet");
}

}  // namespace
}  // namespace dst_load::op::test
