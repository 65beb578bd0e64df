#include "operator/pod_template.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "operator/children.h"
#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

using nlohmann::json;

ChildOptions Options() { return {"dst-load:dev", "Never", "coordinator.dst-load.svc:9092", "cluster.local"}; }

LoadTest TestWith(const json& pod_template) {
  LoadTest test = sample::Test(Phase::kStarting);
  const auto spec =
      ParseSpec(json{{"spec", {{"churn", {{"template", pod_template}}}, {"client", {{"template", pod_template}}}}}});
  test.spec.churn.pod_template = spec.value().churn.pod_template;
  test.spec.client.pod_template = spec.value().client.pod_template;
  return test;
}

/// The churn Pod and the template of the client Pods: metadata and spec each.
std::vector<json> PodsOf(const LoadTest& test) {
  return {BuildChurnPod(test, Options()), BuildClients(test, Options()).at("spec").at("template")};
}

std::vector<json> PodsWith(const json& pod_template) { return PodsOf(TestWith(pod_template)); }

const json& ContainerOf(const json& pod) { return pod.at("spec").at("containers").at(0); }

json NamesOf(const json& list) {
  json names = json::array();
  for (const json& each : list) names.push_back(each.at("name"));
  return names;
}

TEST_CASE("A template that is absent, empty or no object changes nothing", "[pod_template]") {
  const auto bare = PodsOf(sample::Test(Phase::kStarting));
  for (const json& none : {json(nullptr), json::object(), json("text"), json::array({1})}) {
    INFO(none.dump());
    CHECK(PodsWith(none) == bare);
  }
}

TEST_CASE("A role's template reaches the Pods of that role only", "[pod_template]") {
  LoadTest test = TestWith({{"annotations", {{"a", "b"}}}});
  test.spec.client.pod_template = {};
  const auto pods = PodsOf(test);
  CHECK(pods[0].at("metadata").at("annotations") == json{{"a", "b"}});
  CHECK_FALSE(pods[1].at("metadata").contains("annotations"));
}

TEST_CASE("What concerns the Pod is passed through as it is", "[pod_template]") {
  const json fields = json::parse(R"({
    "nodeSelector":{"disk":"ssd"},
    "tolerations":[{"key":"load","operator":"Exists","effect":"NoSchedule"}],
    "affinity":{"podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[]}},
    "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule"}],
    "priorityClassName":"high","runtimeClassName":"kata","serviceAccountName":"mine",
    "imagePullSecrets":[{"name":"registry"}]})");
  for (const json& pod : PodsWith(fields)) {
    for (const auto& [name, value] : fields.items()) CHECK(pod.at("spec").at(name) == value);
  }
}

TEST_CASE("Labels and annotations are added, and labels of ours stay", "[pod_template]") {
  const auto pods = PodsWith({{"labels", {{"team", "mesh"}, {"app", "x"}, {"dst-load.dev/run", "x"}}},
                              {"annotations", {{"linkerd.io/inject", "disabled"}}}});
  for (const json& pod : pods) {
    const json& labels = pod.at("metadata").at("labels");
    CHECK(labels.at("team") == "mesh");
    CHECK(labels.at("dst-load.dev/run") == "run1");
    CHECK(labels.at("app") != "x");
    CHECK(pod.at("metadata").at("annotations") == json{{"linkerd.io/inject", "disabled"}});
  }
}

TEST_CASE("Environment is added behind ours, and cannot change ours", "[pod_template]") {
  const auto pods = PodsWith(json::parse(R"({
    "env":[{"name":"NODE_NAME","value":"x"},{"name":"DST_LOAD_LOG","value":"debug"},{"name":"WHO","value":"$(POD_NAME)!"}],
    "envFrom":[{"configMapRef":{"name":"more"}}]})"));
  for (const json& pod : pods) {
    const json& env = ContainerOf(pod).at("env");
    CHECK(NamesOf(env) == json::array({"RUN_ID", "POD_NAME", "NODE_NAME", "DST_LOAD_LOG", "WHO"}));
    CHECK(env.at(2).contains("valueFrom"));
    CHECK(ContainerOf(pod).at("envFrom") == json::parse(R"([{"configMapRef":{"name":"more"}}])"));
  }
}

TEST_CASE("Volumes and mounts are added, and cannot hide the run's Secret", "[pod_template]") {
  const auto pods = PodsWith(json::parse(R"({
    "volumes":[{"name":"run","emptyDir":{}},{"name":"tmp","emptyDir":{}}],
    "volumeMounts":[{"name":"run","mountPath":"/other"},{"name":"tmp","mountPath":"/tmp"},
                    {"name":"tmp","mountPath":"/var/run/dst-load"},{"name":"tmp","mountPath":"/var/run/dst-load/token"},
                    {"name":"tmp","mountPath":"/var/run/dst-load-too"}]})"));
  for (const json& pod : pods) {
    CHECK(NamesOf(pod.at("spec").at("volumes")) == json::array({"run", "tmp"}));
    CHECK(pod.at("spec").at("volumes").at(0).contains("secret"));
    json paths = json::array();
    for (const json& mount : ContainerOf(pod).at("volumeMounts")) paths.push_back(mount.at("mountPath"));
    CHECK(paths == json::array({"/var/run/dst-load", "/tmp", "/var/run/dst-load-too"}));
  }
}

TEST_CASE("One volume may be mounted at several paths", "[pod_template]") {
  const auto pods = PodsWith(json::parse(R"({"volumeMounts":[{"name":"tmp","mountPath":"/a"},
                                                             {"name":"tmp","mountPath":"/b"}]})"));
  for (const json& pod : pods) CHECK(ContainerOf(pod).at("volumeMounts").size() == 3);
}

TEST_CASE("Resources that are given take the place of ours as a whole", "[pod_template]") {
  const json resources = {{"requests", {{"cpu", "2"}}}};
  for (const json& pod : PodsWith({{"resources", resources}})) CHECK(ContainerOf(pod).at("resources") == resources);
}

TEST_CASE("Security contexts are merged by member, so that they stay restricted where nothing is said",
          "[pod_template]") {
  const auto pods = PodsWith({{"securityContext", {{"readOnlyRootFilesystem", false}}},
                              {"podSecurityContext", {{"runAsUser", 1000}, {"supplementalGroups", {7}}}}});
  for (const json& pod : pods) {
    const json& container = ContainerOf(pod).at("securityContext");
    CHECK(container.at("readOnlyRootFilesystem") == false);
    CHECK(container.at("allowPrivilegeEscalation") == false);
    CHECK(container.at("capabilities").at("drop") == json::array({"ALL"}));
    const json& whole = pod.at("spec").at("securityContext");
    CHECK(whole.at("runAsUser") == 1000);
    CHECK(whole.at("supplementalGroups") == json::array({7}));
    CHECK(whole.at("runAsNonRoot") == true);
    CHECK(whole.at("seccompProfile").at("type") == "RuntimeDefault");
  }
}

TEST_CASE("Churn's Role is bound to the ServiceAccount that is given", "[pod_template]") {
  const LoadTest test = TestWith({{"serviceAccountName", "mine"}});
  const json binding = BuildChurnRoleBinding(test);
  CHECK(binding.at("subjects").at(0).at("name") == "mine");
  CHECK(binding.at("subjects").at(0).at("namespace") == "ns");
  CHECK(binding.at("roleRef").at("name") == "x-churn");
  CHECK(BuildClients(test, Options()).at("spec").at("template").at("spec").at("automountServiceAccountToken") == false);
}

TEST_CASE("A template of unexpected types is passed over, and what the worker needs stays", "[pod_template]") {
  const json wild = json::parse(R"({"labels":[1],"env":{"a":1},"volumes":"all","volumeMounts":[1,null,{"name":3}],
    "securityContext":7,"podSecurityContext":[],"serviceAccountName":5})");
  for (const json& pod : PodsWith(wild)) {
    CHECK(pod.at("metadata").at("labels").at("dst-load.dev/test") == "x");
    CHECK(NamesOf(ContainerOf(pod).at("env")) == json::array({"RUN_ID", "POD_NAME", "NODE_NAME"}));
    CHECK(NamesOf(pod.at("spec").at("volumes")) == json::array({"run"}));
    CHECK(ContainerOf(pod).at("securityContext").at("readOnlyRootFilesystem") == true);
  }
  CHECK(BuildChurnRoleBinding(TestWith(wild)).at("subjects").at(0).at("name") == "x-churn");
}

}  // namespace
}  // namespace dst_load::op
