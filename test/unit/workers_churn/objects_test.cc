#include "workers/churn/objects.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace dst_load::workers::churn {
namespace {

using nlohmann::json;

const ObjectSpec kSpec{"load", "oscillate", OwnerReference{"oscillate", "uid-1"}};

TEST_CASE("A Service selects the Pods of the Deployment of its name, on port 8080", "[churn][objects]") {
  const json service = BuildService(kSpec, "test-service-1");
  const json deployment = BuildDeployment(kSpec, "test-service-1", 100);
  CHECK(service["metadata"]["name"] == "test-service-1");
  CHECK(service["metadata"]["namespace"] == "load");
  CHECK(service["spec"]["ports"][0]["port"] == 8080);
  CHECK(service["spec"]["ports"][0]["targetPort"] == 8080);
  const json pod_labels = deployment["spec"]["template"]["metadata"]["labels"];
  CHECK_FALSE(service["spec"]["selector"].empty());
  for (const auto& [key, value] : service["spec"]["selector"].items()) CHECK(pod_labels[key] == value);
  for (const auto& [key, value] : deployment["spec"]["selector"]["matchLabels"].items()) {
    CHECK(pod_labels[key] == value);
  }
  CHECK(deployment["spec"]["replicas"] == 100);
}

TEST_CASE("Fake Pods go to KWOK's nodes only and ask for nothing", "[churn][objects]") {
  const json pod = BuildDeployment(kSpec, "test-service-1", 1)["spec"]["template"]["spec"];
  CHECK(pod["nodeSelector"] == json{{"type", "kwok"}});
  CHECK(pod["tolerations"] ==
        json::array({{{"key", "kwok.x-k8s.io/node"}, {"operator", "Exists"}, {"effect", "NoSchedule"}}}));
  CHECK(pod["automountServiceAccountToken"] == false);
  CHECK(pod["terminationGracePeriodSeconds"] == 1);
  CHECK(pod["securityContext"]["runAsNonRoot"] == true);
  CHECK(pod["containers"].size() == 1);
  CHECK(pod["containers"][0]["ports"][0]["containerPort"] == 8080);
  CHECK(pod["containers"][0]["securityContext"]["capabilities"]["drop"] == json::array({"ALL"}));
}

TEST_CASE("What churn creates belongs to its LoadTest, and to nobody without one", "[churn][objects]") {
  for (const json& object : {BuildService(kSpec, "a-1"), BuildDeployment(kSpec, "a-1", 1)}) {
    const json expected = json::array(
        {{{"apiVersion", "dst-load.dev/v1alpha1"}, {"kind", "LoadTest"}, {"name", "oscillate"}, {"uid", "uid-1"}}});
    CHECK(object["metadata"]["ownerReferences"] == expected);
    CHECK(object["metadata"]["labels"]["dst-load.dev/test"] == "oscillate");
    CHECK(IsOurs(object, "oscillate"));
    CHECK_FALSE(IsOurs(object, "other"));
  }
  CHECK_FALSE(BuildService({"load", "t", std::nullopt}, "a-1")["metadata"].contains("ownerReferences"));
}

TEST_CASE("A name that somebody else has is a conflict; our own is adopted", "[churn][objects]") {
  const std::vector<std::string> names = {"a-1", "a-2"};
  const json ours = BuildService(kSpec, "a-1");
  json foreign = BuildService(kSpec, "a-2");
  foreign["metadata"]["labels"]["dst-load.dev/test"] = "other";
  json bare = {{"metadata", {{"name", "a-1"}, {"namespace", "load"}}}};
  json unrelated = {{"metadata", {{"name", "postgres"}, {"namespace", "load"}}}};
  json sibling = BuildDeployment(kSpec, "a-2", 1);
  sibling["metadata"]["labels"][std::string(kComponentLabel)] = "client";

  CHECK(CheckNames({ours, unrelated}, "services", names, "oscillate"));
  CHECK(CheckNames({}, "services", names, "oscillate"));
  for (const json& stranger : {foreign, bare, sibling}) {
    const auto status = CheckNames({ours, stranger}, "services", names, "oscillate");
    if (stranger == bare) {
      REQUIRE_FALSE(CheckNames({stranger}, "services", names, "oscillate"));
    }
    REQUIRE_FALSE(status);
    CHECK(IsConflict(status.error()));
    CHECK_THAT(status.error().message, Catch::Contains("services/load/a-"));
  }
}

}  // namespace
}  // namespace dst_load::workers::churn
