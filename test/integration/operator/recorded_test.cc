#include <catch2/catch.hpp>

#include "kube/object.h"
#include "operator/conditions.h"
#include "test/integration/operator/kubectl.h"
#include "test/integration/operator/recorded.h"
#include "test/integration/operator/troupe.h"

namespace dst_load::op::test {
namespace {

using nlohmann::json;

void CheckRecorded(Cluster& cluster, const std::string& name) {
  test::CheckRecorded("loadtest-" + name, [&] { return cluster.Object(kLoadTests, "x"); });
}

void Patch(Cluster& cluster, const json& patch) {
  REQUIRE(cluster.Api().MergePatch(kLoadTests, cluster.Namespace(), "x", patch));
}
void AskRerun(Cluster& cluster) {
  Patch(cluster, {{"metadata", {{"annotations", {{std::string(kRerunAnnotation), "again"}}}}}});
}

std::string ReasonOf(Cluster& cluster) { return cluster.TestStatus().reason; }

/// kSmall, with a limit that the troupe's 5 ms keep or break.
std::string SpecWithLimit(const char* p99) {
  json spec = json::parse(kSmall);
  spec["criteria"]["destination"]["p99"] = p99;
  return spec.dump();
}

/// A test whose run has come to its first updates, and a kubectl that waits for its end.
struct MidRun {
  MidRun(const std::string& ns, const char* p99) : cluster(ns) {
    cluster.Apply(SpecWithLimit(p99));
    REQUIRE(Cluster::Await([&] { return HasChildren(cluster); }));
    troupe = std::make_unique<Troupe>(cluster);
    REQUIRE(cluster.AwaitPhase(Phase::kRunning));
    troupe->churn.Grow(4);
    troupe->churn.Report(ChurnStep::kHoldMax, 1);
    REQUIRE(Cluster::Await([&] { return cluster.TestStatus().client.updates == 24; }));
    wait = std::make_unique<Kubectl>(cluster.Namespace(), std::vector<std::string>{"wait", "--for=condition=Complete",
                                                                                   "--timeout=60s", "loadtest/x"});
  }
  void Finish(Phase phase) {
    CHECK(wait->Running());
    troupe->churn.Report(ChurnStep::kFinished, 3);
    REQUIRE(cluster.AwaitPhase(phase));
    CheckWaitEnds();
  }
  void Stop() {
    Patch(cluster, {{"spec", {{"stop", true}}}});
    REQUIRE(cluster.AwaitPhase(Phase::kDraining));
  }
  /// `kubectl wait` has seen the condition, however the test ended.
  void CheckWaitEnds() {
    REQUIRE(Cluster::Await([&] { return !wait->Running(); }));
    CHECK(wait->Output() == "loadtest.dst-load.dev/x condition met\n");
  }
  Cluster cluster;
  std::unique_ptr<Troupe> troupe;
  std::unique_ptr<Kubectl> wait;
};

TEST_CASE("Recorded: a LoadTest before it begins, from the first sight of it on", "[recorded]") {
  Cluster cluster("recorded-start");
  cluster.StopController();
  cluster.Apply(kSmall);
  CheckRecorded(cluster, "new");
  json without = cluster.Object(kLoadTests, "x");  // as with a CRD that gives no default
  without.erase("status");
  test::CheckRecorded("loadtest-without-status", [&] { return without; });
  const std::string version = kube::StringAt(cluster.Object(kLoadTests, "x"), "metadata.resourceVersion");
  cluster.StartController();
  // Pending lasts for one visit: the watch tells of it afterwards, too.
  json pending;
  REQUIRE(cluster.Api().WatchLines(kLoadTests, cluster.Namespace(), "", version, std::chrono::seconds{20}, {},
                                   [&](std::string_view line) {
                                     const json event = json::parse(line);
                                     if (kube::StringAt(event, "object.status.phase") != "Pending") return true;
                                     pending = event.at("object");
                                     return false;
                                   }));
  test::CheckRecorded("loadtest-pending", [&] { return pending; });
  REQUIRE(Cluster::Await([&] { return cluster.ConditionText(condition::kClientsReady) == "False/NotAttached"; }));
  CheckRecorded(cluster, "starting");
}

TEST_CASE("Recorded: a LoadTest that is suspended before it begins", "[recorded]") {
  Cluster cluster("recorded-suspended");
  cluster.Apply(R"({"suspend": true})");
  REQUIRE(Cluster::Await([&] { return ReasonOf(cluster) == "Suspended"; }));
  CheckRecorded(cluster, "suspended");
}

TEST_CASE("Recorded: a LoadTest that cannot be read", "[recorded]") {
  Cluster cluster("recorded-refused");
  // As much as the CRD lets a duration be, and more than fits.
  cluster.Apply(R"({"client": {"rampUp": "999999999h999999999h999999999h"}})");
  REQUIRE(cluster.AwaitPhase(Phase::kFailed));
  CHECK(ReasonOf(cluster) == "InvalidSpec");
  CheckRecorded(cluster, "refused");
}

TEST_CASE("Recorded: a LoadTest that runs, is paused, changed, passes and is asked to run again", "[recorded]") {
  MidRun run("recorded-run", "1s");
  Cluster& cluster = run.cluster;
  CheckRecorded(cluster, "running");
  Patch(cluster, {{"spec", {{"suspend", true}}}});
  REQUIRE(Cluster::Await([&] { return ReasonOf(cluster) == "Suspended"; }));
  CheckRecorded(cluster, "paused");
  cluster.StopController();
  Patch(cluster, {{"spec", {{"suspend", false}}}});
  CheckRecorded(cluster, "unobserved");
  cluster.StartController();
  REQUIRE(Cluster::Await([&] { return ReasonOf(cluster) == "Running"; }));
  REQUIRE(Cluster::Await([&] { return run.troupe->churn.Session().Attached(); }));
  run.Finish(Phase::kSucceeded);
  CheckRecorded(cluster, "succeeded");
  REQUIRE(Cluster::Await([&] { return run.troupe->churn.Released(); }));

  cluster.StopController();
  AskRerun(cluster);
  CheckRecorded(cluster, "rerun-asked");
  Patch(cluster, {{"spec", {{"suspend", true}}}});
  cluster.StartController();
  REQUIRE(Cluster::Await([&] { return cluster.ConditionText(condition::kRerunAccepted) == "False/Suspended"; }));
  CheckRecorded(cluster, "rerun-held");
}

TEST_CASE("Recorded: a LoadTest that breaks a limit", "[recorded]") {
  MidRun run("recorded-fail", "1ms");
  run.Finish(Phase::kFailed);
  CHECK(run.cluster.TestStatus().verdict == "Fail");
  CheckRecorded(run.cluster, "failed");
}

TEST_CASE("Recorded: a LoadTest whose churn gives up", "[recorded]") {
  MidRun run("recorded-inconclusive", "1s");
  run.troupe->churn.Report(ChurnStep::kFailed, 1);
  REQUIRE(run.cluster.AwaitPhase(Phase::kFailed));
  run.CheckWaitEnds();
  CHECK(run.cluster.TestStatus().verdict == "Inconclusive");
  CheckRecorded(run.cluster, "inconclusive");
}

TEST_CASE("Recorded: a LoadTest that is stopped, within its limits and beyond", "[recorded]") {
  SECTION("within") {
    MidRun run("recorded-stop", "1s");
    run.Stop();
    CheckRecorded(run.cluster, "draining");
    run.Finish(Phase::kStopped);
    CheckRecorded(run.cluster, "stopped");
  }
  SECTION("beyond") {
    MidRun run("recorded-stop", "1ms");
    run.Stop();
    run.Finish(Phase::kStopped);
    CHECK(run.cluster.TestStatus().verdict == "Fail");
    CheckRecorded(run.cluster, "stopped-failed");
  }
}

}  // namespace
}  // namespace dst_load::op::test
