#include "operator/views.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "operator/children.h"
#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

using nlohmann::json;

TEST_CASE("A churn Pod that was built reads back as ours", "[views]") {
  const LoadTest test = sample::Test(Phase::kStarting);
  const auto pod = ParsePod(BuildChurnPod(test, {"image", "Never", "c:1", "cluster.local"}));
  REQUIRE(pod);
  CHECK(pod->meta.name == "x-churn");
  CHECK(pod->test == "x");
  CHECK(pod->component == "churn");
  CHECK(pod->owner_uid == "uid-1");
  CHECK(pod->run_id == "run1");
  CHECK_FALSE(pod->ready);
}

TEST_CASE("A Pod's state is read from what the kubelet and the scheduler write", "[views]") {
  const auto pod = ParsePod(json::parse(R"({"metadata":{"name":"p","deletionTimestamp":"2026-01-01T00:00:00Z"},
    "status":{"phase":"Pending","reason":"Evicted","message":"m",
      "conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/1 nodes"},
                    {"type":"Ready","status":"True"}],
      "containerStatuses":[{"name":"client","restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off"}},
                            "lastState":{"terminated":{"reason":"OOMKilled","exitCode":137,
                                                       "finishedAt":"2027-01-15T08:00:07Z"}}}]}})"));
  REQUIRE(pod);
  CHECK(pod->meta.deleting);
  CHECK(pod->phase == "Pending");
  CHECK(pod->reason == "Evicted");
  CHECK(pod->unschedulable == "0/1 nodes");
  CHECK(pod->ready);
  REQUIRE(pod->containers.size() == 1);
  CHECK(pod->containers[0].waiting_reason == "CrashLoopBackOff");
  CHECK(pod->containers[0].last_exit_reason == "OOMKilled");
  CHECK(pod->containers[0].last_exit_code == 137);
  CHECK(pod->containers[0].last_exit_at == WallTime{std::chrono::seconds{1'800'000'007}});
  CHECK(pod->containers[0].restarts == 3);
  CHECK(pod->containers[0].name == "client");
  CHECK(pod->containers[0].stopped);
}

TEST_CASE("What ends a Pod, and what keeps it from a node, is read with its reason", "[views]") {
  const auto read = [](const char* conditions) {
    return ParsePod(json{{"metadata", {{"name", "p"}}}, {"status", {{"conditions", json::parse(conditions)}}}}).value();
  };
  const PodView evicted =
      read(R"([{"type":"DisruptionTarget","status":"True","reason":"EvictionByEvictionAPI","message":"drained"}])");
  CHECK(evicted.disruption == "EvictionByEvictionAPI");
  CHECK(evicted.disruption_message == "drained");
  CHECK(read(R"([{"type":"DisruptionTarget","status":"False","reason":"EvictionByEvictionAPI"}])").disruption.empty());
  CHECK(read(R"([{"type":"PodScheduled","status":"False","reason":"SchedulerError","message":"e"}])").unschedulable ==
        "e");
  CHECK(read(R"([{"type":"PodScheduled","status":"False","reason":"SchedulingGated","message":"g"}])")
            .unschedulable.empty());
}

TEST_CASE("Init containers, such as those that a mesh adds, are read as well", "[views]") {
  const auto pod = ParsePod(json::parse(R"({"metadata":{"name":"p"},"status":{
      "containerStatuses":[{"state":{"waiting":{"reason":"PodInitializing"}}}],
      "initContainerStatuses":[{"state":{"waiting":{"reason":"ErrImagePull","message":"no such image"}}}]}})"));
  REQUIRE(pod);
  REQUIRE(pod->containers.size() == 2);
  CHECK(pod->containers[0].waiting_reason == "ErrImagePull");
  CHECK(pod->containers[1].waiting_reason == "PodInitializing");
}

TEST_CASE("A Deployment that cannot make Pods says why", "[views]") {
  const LoadTest test = sample::Test(Phase::kStarting);
  json object = BuildClients(test, {"image", "Never", "c:1", "cluster.local"});
  object["status"]["conditions"] =
      json::array({{{"type", "ReplicaFailure"}, {"status", "True"}, {"message", "exceeded quota"}}});
  const auto deployment = ParseDeployment(object);
  REQUIRE(deployment);
  CHECK(deployment->replicas == 2);
  CHECK(deployment->replica_failure == "exceeded quota");
  CHECK(deployment->owner_uid == "uid-1");
  CHECK(deployment->run_id == "run1");
}

TEST_CASE("A Secret that was built gives its token back, and one of somebody else's none", "[views]") {
  const LoadTest test = sample::Test(Phase::kStarting);
  const json secret = BuildRunSecret(test, "ca", "the token");
  CHECK(TokenOf(secret) == "the token");
  CHECK(ParseSecret(secret).owner_uid == "uid-1");
  CHECK(ParseSecret(secret).run_id == "run1");
  CHECK(TokenOf(json::parse(R"({"data":{"other":"eA=="}})")).empty());
  CHECK(ParseSecret(json::object()).owner_uid.empty());
}

}  // namespace
}  // namespace dst_load::op
