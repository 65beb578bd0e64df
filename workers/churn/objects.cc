#include "workers/churn/objects.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/object.h"
#include "kube/resource.h"

namespace dst_load::workers::churn {
namespace {

using nlohmann::json;

json Labels(const ObjectSpec& spec, std::string_view name) {
  return {{"app", name},
          {"app.kubernetes.io/name", "fake-service"},
          {"app.kubernetes.io/instance", name},
          {std::string(kComponentLabel), kComponent},
          {"app.kubernetes.io/managed-by", kFieldManager},
          {"app.kubernetes.io/part-of", "dst-load"},
          {std::string(kTestLabel), spec.test_name}};
}

json Metadata(const ObjectSpec& spec, std::string_view name) {
  json metadata = {{"name", name}, {"namespace", spec.ns}, {"labels", Labels(spec, name)}};
  if (spec.owner) {
    metadata["ownerReferences"] = json::array({{{"apiVersion", "dst-load.dev/v1alpha1"},
                                                {"kind", "LoadTest"},
                                                {"name", spec.owner->name},
                                                {"uid", spec.owner->uid}}});
  }
  return metadata;
}

json Selector(const ObjectSpec& spec, std::string_view name) {
  return {{"app", name}, {std::string(kTestLabel), spec.test_name}};
}

/// Nothing of it ever runs: it is valid under the restricted Pod security standard, and asks for next to nothing.
json Container() {
  return {{"name", "fake"},
          {"image", "dst-load/fake"},
          {"imagePullPolicy", "IfNotPresent"},
          {"ports", json::array({{{"name", "http"}, {"containerPort", kServicePort}, {"protocol", "TCP"}}})},
          {"securityContext",
           {{"allowPrivilegeEscalation", false},
            {"capabilities", {{"drop", json::array({"ALL"})}}},
            {"readOnlyRootFilesystem", true}}}};
}

json PodSpec() {
  return {
      {"nodeSelector", {{"type", "kwok"}}},
      {"tolerations", json::array({{{"key", "kwok.x-k8s.io/node"}, {"operator", "Exists"}, {"effect", "NoSchedule"}}})},
      {"automountServiceAccountToken", false},
      {"enableServiceLinks", false},
      {"terminationGracePeriodSeconds", 1},
      {"securityContext",
       {{"runAsNonRoot", true}, {"runAsUser", 65532}, {"seccompProfile", {{"type", "RuntimeDefault"}}}}},
      {"containers", json::array({Container()})}};
}

}  // namespace

ObjectSpec ObjectSpecOf(const ChurnOptions& options) { return {options.ns, options.test_name, options.owner}; }

std::string OwnSelector(std::string_view test_name) {
  return fmt::format("{}={},{}={}", kTestLabel, test_name, kComponentLabel, kComponent);
}

std::string SliceSelector(std::string_view test_name) { return OwnSelector(test_name); }

json BuildService(const ObjectSpec& spec, std::string_view name) {
  return {{"apiVersion", kube::kServices.ApiVersion()},
          {"kind", "Service"},
          {"metadata", Metadata(spec, name)},
          {"spec",
           {{"selector", Selector(spec, name)},
            {"ports",
             json::array(
                 {{{"name", "http"}, {"port", kServicePort}, {"targetPort", kServicePort}, {"protocol", "TCP"}}})}}}};
}

json BuildDeployment(const ObjectSpec& spec, std::string_view name, std::uint32_t replicas) {
  return {{"apiVersion", kube::kDeployments.ApiVersion()},
          {"kind", "Deployment"},
          {"metadata", Metadata(spec, name)},
          {"spec",
           {{"replicas", replicas},
            {"revisionHistoryLimit", 1},
            {"selector", {{"matchLabels", Selector(spec, name)}}},
            {"template", {{"metadata", {{"labels", Labels(spec, name)}}}, {"spec", PodSpec()}}}}}};
}

json ScalePatch(std::uint32_t replicas) { return {{"spec", {{"replicas", replicas}}}}; }

bool IsOurs(const json& object, std::string_view test_name) {
  const json* labels = kube::MemberAt(object, "metadata.labels");
  if (labels == nullptr) return false;
  const json* test = kube::Member(*labels, kTestLabel);
  const json* component = kube::Member(*labels, kComponentLabel);
  return test != nullptr && *test == test_name && component != nullptr && *component == kComponent;
}

Status CheckNames(const std::vector<json>& existing, std::string_view plural, const std::vector<std::string>& names,
                  std::string_view test_name) {
  const std::set<std::string_view> wanted(names.begin(), names.end());
  for (const json& object : existing) {
    const kube::ObjectKey key = kube::KeyOf(object);
    if (!wanted.contains(key.name) || IsOurs(object, test_name)) continue;
    return Fail(Code::kConflict,
                fmt::format("create {}/{}/{}: it exists and does not belong to test \"{}\" (labels {}, {})", plural,
                            key.ns, key.name, test_name, kTestLabel, kComponentLabel));
  }
  return {};
}

}  // namespace dst_load::workers::churn
