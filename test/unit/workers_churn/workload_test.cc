#include "workers/churn/workload.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace dst_load::workers::churn {
namespace {

using nlohmann::json;

json Deployment(const std::string& conditions) {
  return json::parse(R"({"metadata":{"namespace":"load","name":"a-1"},"status":{"conditions":)" + conditions + "}}");
}

TEST_CASE("A Deployment that may not make Pods says why", "[churn][workload]") {
  const Trouble quota = ReplicaFailureOf(Deployment(
      R"([{"type":"Available","status":"False"},{"type":"ReplicaFailure","status":"True","reason":"FailedCreate",
          "message":"pods \"a-1-x\" is forbidden: exceeded quota: small, requested: pods=1"}])"));
  CHECK(quota.reason == "QuotaExceeded");
  CHECK_THAT(quota.message, Catch::StartsWith("deployments/load/a-1: pods"));
  CHECK(ReplicaFailureOf(
            Deployment(R"([{"type":"ReplicaFailure","status":"True","message":"violates PodSecurity: forbidden"}])"))
            .reason == "Forbidden");
  CHECK(ReplicaFailureOf(Deployment(R"([{"type":"ReplicaFailure","status":"False","message":"x"}])")).reason.empty());
  CHECK(ReplicaFailureOf(json::object()).reason.empty());
}

TEST_CASE("A Pod that finds no node says why", "[churn][workload]") {
  const auto pod = [](const std::string& condition) {
    return UnschedulableMessage(json::parse(R"({"status":{"conditions":[)" + condition + "]}}"));
  };
  CHECK(
      pod(R"({"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/1 nodes are available"})") ==
      "0/1 nodes are available");
  CHECK(pod(R"({"type":"PodScheduled","status":"False","reason":"SchedulingGated"})").empty());
  CHECK(pod(R"({"type":"PodScheduled","status":"True"})").empty());
  CHECK(UnschedulableMessage(json::object()).empty());
}

TEST_CASE("An API error gives the run a reason", "[churn][workload]") {
  CHECK(ReasonOf({Code::kConflict, ""}) == "NameConflict");
  CHECK(ReasonOf({Code::kForbidden, "user x cannot create"}) == "Forbidden");
  CHECK(ReasonOf({Code::kForbidden, "services is forbidden: exceeded quota: q"}) == "QuotaExceeded");
  CHECK(ReasonOf({Code::kUnavailable, ""}) == "ApiUnavailable");
  CHECK(ReasonOf({Code::kNotFound, ""}) == "NamespaceNotFound");
  CHECK(ReasonOf({Code::kInvalid, ""}) == "CreateFailed");
}

}  // namespace
}  // namespace dst_load::workers::churn
