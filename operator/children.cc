#include "operator/children.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/base64.h"
#include "kube/resource.h"
#include "operator/worker_args.h"

namespace dst_load::op {
namespace {

using nlohmann::json;

constexpr int kUser = 65532;
constexpr int kChurnMetrics = 9090;
constexpr int kClientMetrics = 9091;

json Labels(const LoadTest& test, std::string_view component) {
  return {{"app.kubernetes.io/name", "dst-load"},      {"app.kubernetes.io/instance", test.meta.name},
          {std::string(kComponentLabel), component},   {"app.kubernetes.io/managed-by", "dst-load-operator"},
          {"app.kubernetes.io/part-of", "dst-load"},   {std::string(kTestLabel), test.meta.name},
          {std::string(kRunLabel), test.status.run_id}};
}

/// The labels of a worker's Pod: those of its kind, and the name by which the plan selects its log.
json PodLabels(const LoadTest& test, std::string_view component) {
  json labels = Labels(test, component);
  labels["app"] = fmt::format("{}-controller", component);
  return labels;
}

json Child(const kube::Resource& kind, const LoadTest& test, std::string_view suffix, std::string_view component) {
  return {{"apiVersion", kind.ApiVersion()},
          {"kind", kind.kind},
          {"metadata",
           {{"name", ChildName(test, suffix)},
            {"namespace", test.meta.ns},
            {"labels", Labels(test, component)},
            {"ownerReferences", json::array({{{"apiVersion", kLoadTests.ApiVersion()},
                                              {"kind", kLoadTests.kind},
                                              {"name", test.meta.name},
                                              {"uid", test.meta.uid},
                                              {"controller", true},
                                              {"blockOwnerDeletion", true}}})}}}};
}

json Resources(const char* cpu_limit) {
  return {{"requests", {{"cpu", "100m"}, {"memory", "128Mi"}}}, {"limits", {{"cpu", cpu_limit}, {"memory", "512Mi"}}}};
}

json Probe(std::string_view path, int period, int failures) {
  return {{"httpGet", {{"path", path}, {"port", "metrics"}}},
          {"periodSeconds", period},
          {"timeoutSeconds", 5},
          {"failureThreshold", failures}};
}

json Environment(const LoadTest& test) {
  return json::array({{{"name", "RUN_ID"}, {"value", test.status.run_id}},
                      {{"name", "POD_NAME"}, {"valueFrom", {{"fieldRef", {{"fieldPath", "metadata.name"}}}}}},
                      {{"name", "NODE_NAME"}, {"valueFrom", {{"fieldRef", {{"fieldPath", "spec.nodeName"}}}}}}});
}

struct WorkerSpec {
  std::string_view component;
  std::vector<std::string> args;
  int metrics_port = 0;
  const char* cpu_limit = "";
};

json Container(const LoadTest& test, const ChildOptions& options, const WorkerSpec& worker) {
  return {{"name", worker.component},
          {"image", options.worker_image},
          {"imagePullPolicy", options.pull_policy},
          {"command", json::array({"/usr/local/bin/dst-load-controller"})},
          {"args", worker.args},
          {"env", Environment(test)},
          {"ports", json::array({{{"name", "metrics"}, {"containerPort", worker.metrics_port}, {"protocol", "TCP"}}})},
          {"resources", Resources(worker.cpu_limit)},
          {"readinessProbe", Probe("/readyz", 5, 3)},
          {"livenessProbe", Probe("/healthz", 20, 6)},
          {"securityContext",
           {{"allowPrivilegeEscalation", false},
            {"readOnlyRootFilesystem", true},
            {"capabilities", {{"drop", json::array({"ALL"})}}}}},
          {"volumeMounts", json::array({{{"name", "run"}, {"mountPath", kCoordinatorDir}, {"readOnly", true}}})}};
}

/// A worker's Pod spec, valid under the restricted Pod security standard.
json PodSpec(const LoadTest& test, const ChildOptions& options, const WorkerSpec& worker) {
  return {
      {"serviceAccountName", ChildName(test, worker.component)},
      {"enableServiceLinks", false},
      {"terminationGracePeriodSeconds", 30},
      {"securityContext",
       {{"runAsNonRoot", true},
        {"runAsUser", kUser},
        {"runAsGroup", kUser},
        {"fsGroup", kUser},
        {"seccompProfile", {{"type", "RuntimeDefault"}}}}},
      {"containers", json::array({Container(test, options, worker)})},
      {"volumes",
       json::array({{{"name", "run"}, {"secret", {{"secretName", ChildName(test, "run")}, {"defaultMode", 0440}}}}})}};
}

json Rule(std::string_view group, std::string_view resource, std::vector<std::string> verbs) {
  return {{"apiGroups", json::array({group})}, {"resources", json::array({resource})}, {"verbs", std::move(verbs)}};
}

}  // namespace

std::string ChildName(const LoadTest& test, std::string_view suffix) {
  return fmt::format("{}-{}", test.meta.name, suffix);
}

const PodTemplate& TemplateOf(const LoadTest& test, std::string_view component) {
  return component == kChurn ? test.spec.churn.pod_template : test.spec.client.pod_template;
}

std::vector<ChildRef> ChildrenOf(const LoadTest& test) {
  return {{kube::kPods, ChildName(test, kChurn)},
          {kube::kDeployments, ChildName(test, kClient)},
          {kube::kRoleBindings, ChildName(test, kChurn)},
          {kube::kRoles, ChildName(test, kChurn)},
          {kube::kServiceAccounts, ChildName(test, kChurn)},
          {kube::kServiceAccounts, ChildName(test, kClient)},
          {kube::kSecrets, ChildName(test, "run")},
          {kube::kConfigMaps, ChildName(test, "checkpoint")}};
}

json BuildServiceAccount(const LoadTest& test, std::string_view component) {
  json account = Child(kube::kServiceAccounts, test, component, component);
  // Clients never speak to Kubernetes; the churn Pod mounts its token by itself.
  account["automountServiceAccountToken"] = false;
  return account;
}

json BuildChurnRole(const LoadTest& test) {
  const std::vector<std::string> all{"get", "list", "watch", "create", "patch", "delete"};
  json role = Child(kube::kRoles, test, kChurn, kChurn);
  role["rules"] =
      json::array({Rule("", "services", all), Rule("apps", "deployments", all),
                   Rule("discovery.k8s.io", "endpointslices", {"list", "watch"}), Rule("", "pods", {"list"})});
  return role;
}

json BuildChurnRoleBinding(const LoadTest& test) {
  json binding = Child(kube::kRoleBindings, test, kChurn, kChurn);
  const std::string name = ChildName(test, kChurn);
  const std::string& given = TemplateOf(test, kChurn).service_account;
  const std::string& account = given.empty() ? name : given;
  binding["roleRef"] = {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "Role"}, {"name", name}};
  binding["subjects"] = json::array({{{"kind", "ServiceAccount"}, {"name", account}, {"namespace", test.meta.ns}}});
  return binding;
}

json BuildRunSecret(const LoadTest& test, std::string_view ca_pem, std::string_view token) {
  json secret = Child(kube::kSecrets, test, "run", "run");
  secret["type"] = "Opaque";
  secret["immutable"] = true;
  secret["data"] = {{"ca.crt", kube::EncodeBase64(ca_pem)}, {"token", kube::EncodeBase64(token)}};
  return secret;
}

json BuildCheckpoint(const LoadTest& test, std::string_view bytes) {
  json map = Child(kube::kConfigMaps, test, "checkpoint", "checkpoint");
  map["binaryData"] = {{"checkpoint", kube::EncodeBase64(bytes)}};
  return map;
}

std::string ReportName(const LoadTest& test, std::string_view run_id) {
  return ChildName(test, fmt::format("{}-report", run_id));
}

std::string ReportName(const LoadTest& test) { return ReportName(test, test.status.run_id); }

json BuildReport(const LoadTest& test, std::string report, std::string junit) {
  json map = Child(kube::kConfigMaps, test, test.status.run_id + "-report", "report");
  map["data"] = {{"report.json", std::move(report)}, {"junit.xml", std::move(junit)}};
  return map;
}

json BuildChurnPod(const LoadTest& test, const ChildOptions& options) {
  json pod = Child(kube::kPods, test, kChurn, kChurn);
  pod["metadata"]["labels"] = PodLabels(test, kChurn);
  WorkerSpec worker{kChurn, ChurnArgs(test, options.coordinator_address), kChurnMetrics, "500m"};
  pod["spec"] = PodSpec(test, options, worker);
  pod["spec"]["restartPolicy"] = "OnFailure";
  pod["spec"]["automountServiceAccountToken"] = true;
  AddTemplate(TemplateOf(test, kChurn), pod);
  return pod;
}

json BuildClients(const LoadTest& test, const ChildOptions& options) {
  json deployment = Child(kube::kDeployments, test, kClient, kClient);
  WorkerSpec worker{kClient, ClientArgs(test, options.coordinator_address, options.cluster_domain), kClientMetrics,
                    "1000m"};
  json pod = {{"metadata", {{"labels", PodLabels(test, kClient)}}}, {"spec", PodSpec(test, options, worker)}};
  pod["spec"]["automountServiceAccountToken"] = false;
  AddTemplate(TemplateOf(test, kClient), pod);
  deployment["spec"] = {
      {"replicas", test.spec.client.replicas},
      {"revisionHistoryLimit", 1},
      {"selector",
       {{"matchLabels", {{std::string(kTestLabel), test.meta.name}, {std::string(kComponentLabel), kClient}}}}},
      {"template", std::move(pod)}};
  return deployment;
}

}  // namespace dst_load::op
