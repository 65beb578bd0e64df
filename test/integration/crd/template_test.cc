#include "test/integration/crd/manifests.h"

namespace dst_load::op::test {
namespace {

using nlohmann::json;

/// One rule of a template: what it lets pass, what it refuses, and what the refusal says behind spec.ROLE.template.
struct Rule {
  const char* accepted;
  const char* refused;
  const char* says;
};

const Rule kRules[] = {
    {R"({"labels":{"team":"a","example.com/app":"b"}})", R"({"labels":{"app":"a"}})", "are the operator's"},
    {R"({"labels":{"application":"a"}})", R"({"labels":{"app.kubernetes.io/name":"a"}})", "are the operator's"},
    {R"({"labels":{"team":""}})", R"({"labels":{"dst-load.dev/run":"a"}})", "are the operator's"},
    {R"({"labels":{"team":"a.b_c-d"}})", R"({"labels":{"team":"a b"}})", ".labels.team"},
    {R"({"annotations":{"linkerd.io/inject":"enabled"}})", R"({"annotations":{"a":1}})", ".annotations.a"},
    {R"({"nodeSelector":{"disk":"ssd"}})", R"({"nodeSelector":["ssd"]})", ".nodeSelector"},
    {R"({"tolerations":[{"operator":"Exists"}]})", R"({"tolerations":[{"effect":"Never"}]})", ".tolerations[0].effect"},
    {R"({"affinity":{"nodeAffinity":{}}})", R"({"affinity":"node"})", ".affinity"},
    {R"({"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule",
        "labelSelector":{"matchLabels":{"app":"client-controller"}}}]})",
     R"({"topologySpreadConstraints":[{"maxSkew":1,"whenUnsatisfiable":"DoNotSchedule"}]})", "].topologyKey"},
    {R"({"priorityClassName":"high"})", R"({"priorityClassName":7})", ".priorityClassName"},
    {R"({"runtimeClassName":"kata"})", R"({"runtimeClassName":7})", ".runtimeClassName"},
    {R"({"serviceAccountName":"a.b-c"})", R"({"serviceAccountName":"A"})", ".serviceAccountName"},
    {R"({"imagePullSecrets":[{"name":"a"}]})", R"({"imagePullSecrets":[{}]})", ".imagePullSecrets[0].name"},
    {R"({"env":[{"name":"DST_LOAD_LOG","value":"debug"}]})", R"({"env":[{"name":"NODE_NAME","value":"a"}]})",
     "are the operator's"},
    {R"({"env":[{"name":"MY_POD_NAME","value":"a"}]})", R"({"env":[{"name":"POD_NAME","value":"a"}]})",
     "are the operator's"},
    {R"({"env":[{"name":"RUN","value":"a"}]})", R"({"env":[{"name":"RUN_ID","value":"a"}]})", "are the operator's"},
    {R"({"env":[{"name":"A"},{"name":"B"}]})", R"({"env":[{"name":"A"},{"name":"A"}]})", "Duplicate value"},
    {R"({"envFrom":[{"secretRef":{"name":"a"}}]})", R"({"envFrom":[{"secretRef":{}}]})", ".envFrom[0].secretRef.name"},
    {R"({"volumes":[{"name":"tmp","emptyDir":{}}]})", R"({"volumes":[{"name":"run","emptyDir":{}}]})",
     "the volume run is the operator's"},
    {R"({"volumeMounts":[{"name":"tmp","mountPath":"/tmp"}]})", R"({"volumeMounts":[{"name":"run","mountPath":"/a"}]})",
     "the volume run is the operator's"},
    {R"({"volumeMounts":[{"name":"tmp","mountPath":"/var/run/dst-load-too"}]})",
     R"({"volumeMounts":[{"name":"tmp","mountPath":"/var/run/dst-load/token"}]})",
     "/var/run/dst-load is the operator's"},
    {R"({"resources":{"requests":{"cpu":1,"memory":"1.5Gi"}}})", R"({"resources":{"limits":{"cpu":"many"}}})",
     ".resources.limits.cpu"},
    {R"({"securityContext":{"capabilities":{"add":["NET_BIND_SERVICE"]}}})", R"({"securityContext":{"runAsUser":-1}})",
     ".securityContext.runAsUser"},
    {R"({"podSecurityContext":{"fsGroup":7,"seccompProfile":{"type":"Unconfined"}}})",
     R"({"podSecurityContext":{"seccompProfile":{}}})", ".podSecurityContext.seccompProfile.type"},
};

json SpecOf(const char* role, const char* pod_template) { return {{role, {{"template", json::parse(pod_template)}}}}; }

TEST_CASE("Every rule of a template accepts what it should and says what it refuses, for both roles", "[crd]") {
  const auto client = ClientWithCrd();
  for (const char* role : {"churn", "client"}) {
    for (const Rule& rule : kRules) {
      INFO(role << ": accepted " << rule.accepted << ", refused " << rule.refused);
      const auto accepted =
          client->Create(kLoadTests, "default", Manifest(FreshName(), SpecOf(role, rule.accepted).dump()));
      INFO((accepted ? "" : accepted.error().message));
      CHECK(accepted);
      if (accepted) CHECK(accepted->at("spec").at(role).at("template") == json::parse(rule.accepted));
      const auto refused =
          client->Create(kLoadTests, "default", Manifest(FreshName(), SpecOf(role, rule.refused).dump()));
      REQUIRE_FALSE(refused);
      CHECK(IsInvalid(refused.error()));
      CHECK_THAT(refused.error().message,
                 Catch::Contains("spec." + std::string(role) + ".template") && Catch::Contains(rule.says));
    }
  }
}

TEST_CASE("A template can neither come, change nor go while the test runs", "[crd]") {
  const auto client = ClientWithCrd();
  for (const char* role : {"churn", "client"}) {
    INFO(role);
    const auto start = [&](const json& spec) {
      const std::string name = FreshName();
      REQUIRE(client->Create(kLoadTests, "default", Manifest(name, spec.dump())));
      REQUIRE(client->MergePatch(kLoadTests, "default", name, {{"status", {{"phase", "Running"}}}}, "status"));
      return name;
    };
    const auto refused = [&](const std::string& name, const json& spec) {
      const auto done = client->MergePatch(kLoadTests, "default", name, {{"spec", spec}});
      return !done && done.error().message.find("is immutable while the test runs") != std::string::npos;
    };
    const std::string with =
        start(SpecOf(role, R"({"affinity":{"nodeAffinity":{"a":1}},"volumes":[{"name":"v","emptyDir":{}}]})"));
    CHECK(refused(with, {{role, {{"template", nullptr}}}}));
    CHECK(refused(with, SpecOf(role, R"({"affinity":{"nodeAffinity":{"a":2}}})")));
    CHECK(refused(with, SpecOf(role, R"({"volumes":[{"name":"v","emptyDir":{"medium":"Memory"}}]})")));
    CHECK(refused(with, SpecOf(role, R"({"labels":{"a":"b"}})")));
    CHECK(client->MergePatch(kLoadTests, "default", with, {{"spec", {{"stop", true}}}}));
    CHECK(refused(start(json::object()), SpecOf(role, R"({"labels":{"a":"b"}})")));
  }
}

}  // namespace
}  // namespace dst_load::op::test
