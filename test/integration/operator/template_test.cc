#include <catch2/catch.hpp>

#include "kube/object.h"
#include "operator/conditions.h"
#include "test/integration/operator/cluster.h"

namespace dst_load::op::test {
namespace {

using nlohmann::json;

constexpr kube::Resource kPriorityClasses{"scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", false};
constexpr kube::Resource kRuntimeClasses{"node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", false};

/// Every field of a template, as the restricted standard lets it pass.
const char* const kFull = R"({
  "labels":{"team":"mesh"},"annotations":{"linkerd.io/inject":"disabled"},"nodeSelector":{"disk":"ssd"},
  "tolerations":[{"key":"load","operator":"Exists","effect":"NoSchedule"}],
  "affinity":{"podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,
    "podAffinityTerm":{"topologyKey":"kubernetes.io/hostname","labelSelector":{"matchLabels":{"app":"client-controller"}}}}]}},
  "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"ScheduleAnyway",
    "labelSelector":{"matchLabels":{"app":"client-controller"}}}],
  "priorityClassName":"load","runtimeClassName":"load","serviceAccountName":"mine",
  "imagePullSecrets":[{"name":"registry"}],
  "env":[{"name":"DST_LOAD_LOG","value":"debug"},
         {"name":"IP","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"status.podIP"}}}],
  "envFrom":[{"prefix":"X_","configMapRef":{"name":"more","optional":true}}],
  "volumes":[{"name":"tmp","emptyDir":{"sizeLimit":"1Mi"}}],
  "volumeMounts":[{"name":"tmp","mountPath":"/tmp"}],
  "resources":{"requests":{"cpu":"250m"},"limits":{"memory":"1Gi"}},
  "securityContext":{"readOnlyRootFilesystem":false},
  "podSecurityContext":{"runAsUser":1000}})";

/// A namespace where only what is restricted may run.
void Restrict(Cluster& cluster) {
  REQUIRE(
      cluster.Api().MergePatch(kube::kNamespaces, "", cluster.Namespace(),
                               {{"metadata", {{"labels", {{"pod-security.kubernetes.io/enforce", "restricted"}}}}}}));
}

/// Makes a Pod as the Deployment's controllers would, to hear what admission says of it.
Result<json> CreateClientPod(Cluster& cluster) {
  json pod = cluster.Object(kube::kDeployments, "x-client").at("spec").at("template");
  pod["metadata"]["name"] = "x-client-0";
  return cluster.Api().Create(kube::kPods, cluster.Namespace(), pod);
}

TEST_CASE("Worker Pods as shipped pass where the restricted Pod Security Standard is enforced",
          "[operator][template]") {
  Cluster cluster("restricted");
  Restrict(cluster);
  cluster.Apply(R"({"client":{"replicas":1}})");
  REQUIRE(Cluster::Await([&] { return cluster.Exists(kube::kPods, "x-churn"); }));
  REQUIRE(Cluster::Await([&] { return cluster.Exists(kube::kDeployments, "x-client"); }));
  const auto pod = CreateClientPod(cluster);
  INFO((pod ? "" : pod.error().message));
  CHECK(pod);
}

TEST_CASE("A template with every field is taken by the API server, and still passes as restricted",
          "[operator][template]") {
  Cluster cluster("template");
  Restrict(cluster);
  REQUIRE(cluster.Api().Apply(kPriorityClasses, "",
                              {{"apiVersion", kPriorityClasses.ApiVersion()},
                               {"kind", "PriorityClass"},
                               {"metadata", {{"name", "load"}}},
                               {"value", 7}},
                              "test"));
  REQUIRE(cluster.Api().Apply(kRuntimeClasses, "",
                              {{"apiVersion", kRuntimeClasses.ApiVersion()},
                               {"kind", "RuntimeClass"},
                               {"metadata", {{"name", "load"}}},
                               {"handler", "runc"}},
                              "test"));
  const json full = json::parse(kFull);
  cluster.Apply(json{{"churn", {{"template", full}}}, {"client", {{"replicas", 1}, {"template", full}}}}.dump());
  REQUIRE(Cluster::Await([&] { return cluster.Exists(kube::kPods, "x-churn"); }));
  REQUIRE(Cluster::Await([&] { return cluster.Exists(kube::kDeployments, "x-client"); }));
  const auto client_pod = CreateClientPod(cluster);
  INFO((client_pod ? "" : client_pod.error().message));
  REQUIRE(client_pod);
  for (const json& pod : {cluster.Object(kube::kPods, "x-churn"), *client_pod}) {
    INFO(pod.dump());
    CHECK(pod.at("metadata").at("labels").at("team") == "mesh");
    CHECK(pod.at("metadata").at("annotations").at("linkerd.io/inject") == "disabled");
    const json& spec = pod.at("spec");
    for (const char* field :
         {"nodeSelector", "affinity", "topologySpreadConstraints", "runtimeClassName", "imagePullSecrets"}) {
      CHECK(spec.at(field) == full.at(field));
    }
    CHECK(spec.at("tolerations").at(0) == full.at("tolerations").at(0));
    CHECK(spec.at("priority") == 7);
    CHECK(spec.at("serviceAccountName") == "mine");
    CHECK(spec.at("securityContext").at("runAsUser") == 1000);
    CHECK(spec.at("volumes").at(1) == full.at("volumes").at(0));
    const json& container = spec.at("containers").at(0);
    CHECK(container.at("env").at(3) == full.at("env").at(0));
    CHECK(container.at("env").at(4) == full.at("env").at(1));
    CHECK(container.at("envFrom") == full.at("envFrom"));
    CHECK(container.at("volumeMounts").at(1) == full.at("volumeMounts").at(0));
    CHECK(container.at("resources").at("limits") == full.at("resources").at("limits"));
    CHECK(container.at("securityContext").at("readOnlyRootFilesystem") == false);
  }
  CHECK_FALSE(cluster.Exists(kube::kServiceAccounts, "x-churn"));
  CHECK_FALSE(cluster.Exists(kube::kServiceAccounts, "x-client"));
  const json binding = cluster.Object(kube::kRoleBindings, "x-churn");
  CHECK(binding.at("subjects").at(0).at("name") == "mine");
}

/// A template that Kubernetes refuses, and what the test then says.
struct Refusal {
  const char* pod_template;
  const char* reason;
  const char* says;
};

const Refusal kRefusals[] = {
    {R"({"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[]}}}})",
     "ApplyFailed", "nodeSelectorTerms"},
    {R"({"affinity":{"nodeAfinity":{}}})", "ApplyFailed", "nodeAfinity"},
    {R"({"volumeMounts":[{"name":"nowhere","mountPath":"/tmp"}]})", "ApplyFailed", "nowhere"},
    {R"({"securityContext":{"allowPrivilegeEscalation":true}})", "PodSecurityViolation", "allowPrivilegeEscalation"},
};

TEST_CASE("A template that Kubernetes refuses is a reason at once, and the test's when its startup deadline passes",
          "[operator][template]") {
  for (const Refusal& refusal : kRefusals) {
    INFO(refusal.pod_template);
    Cluster cluster("refused");
    Restrict(cluster);
    cluster.Apply(json{{"startupDeadline", "4s"},
                       {"churn", {{"template", json::parse(refusal.pod_template)}}},
                       {"client", {{"replicas", 1}}}}
                      .dump());
    const std::string wanted = std::string("False/") + refusal.reason;
    CHECK(Cluster::Await([&] { return cluster.ConditionText(condition::kChurnReady) == wanted; }));
    REQUIRE(cluster.AwaitPhase(Phase::kFailed));
    CHECK(cluster.TestStatus().reason == refusal.reason);
    CHECK_THAT(cluster.TestStatus().message,
               Catch::Contains("cannot make the churn Pod") && Catch::Contains(refusal.says));
  }
}

TEST_CASE("A client template that Kubernetes refuses is the reason why clients are not ready", "[operator][template]") {
  Cluster cluster("refused-client");
  cluster.Apply(R"({"startupDeadline":"4s","client":{"replicas":1,"template":{"affinity":{"nodeAffinity":
    {"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[]}}}}}})");
  CHECK(Cluster::Await([&] { return cluster.ConditionText(condition::kClientsReady) == "False/ApplyFailed"; }));
  REQUIRE(cluster.AwaitPhase(Phase::kFailed));
  CHECK(cluster.TestStatus().reason == "ApplyFailed");
  CHECK_THAT(cluster.TestStatus().message, Catch::Contains("cannot make the client Deployment"));
}

}  // namespace
}  // namespace dst_load::op::test
