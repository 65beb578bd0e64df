#include "operator/pod_template.h"

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

#include "kube/object.h"
#include "operator/worker_args.h"

namespace dst_load::op {
namespace {

using nlohmann::json;

/// Fields of a Pod's spec that are passed through as they are.
constexpr const char* kPodFields[] = {
    "nodeSelector",      "tolerations",      "affinity",         "topologySpreadConstraints",
    "priorityClassName", "imagePullSecrets", "runtimeClassName", "serviceAccountName"};

void Pass(const json& from, const char* field, json& to) {
  if (const json* value = kube::Member(from, field)) to[field] = *value;
}

/// Members that `to` lacks.
void AddMembers(const json& from, const char* field, json& to) {
  const json* given = kube::Member(from, field);
  if (given == nullptr || !given->is_object()) return;
  for (const auto& [name, value] : given->items()) {
    if (!to.contains(name)) to[name] = value;
  }
}

void ReplaceMembers(const json& from, const char* field, json& to) {
  const json* given = kube::Member(from, field);
  if (given != nullptr && given->is_object()) to.update(*given);
}

bool HoldsName(const json& list, const std::string& name) {
  return std::any_of(list.begin(), list.end(), [&](const json& each) { return kube::StringAt(each, "name") == name; });
}

bool IsInCoordinatorDir(const std::string& path) {
  const std::string_view ours = kCoordinatorDir;
  return path == ours || path.rfind(std::string(ours) + "/", 0) == 0;
}

/// Behind what is there: an entry may then refer to our variables, and ours are not shadowed.
void Append(const json& from, const char* field, json& to) {
  const json* given = kube::Member(from, field);
  if (given == nullptr || !given->is_array()) return;
  const json ours = to;
  for (const json& each : *given) {
    const bool taken = HoldsName(ours, kube::StringAt(each, "name"));
    if (!taken && !IsInCoordinatorDir(kube::StringAt(each, "mountPath"))) to.push_back(each);
  }
}

}  // namespace

PodTemplate ParsePodTemplate(const json& section) {
  const json* given = kube::Member(section, "template");
  if (given == nullptr || !given->is_object() || given->empty()) return {};
  return {given->dump(), kube::StringAt(*given, "serviceAccountName")};
}

void AddTemplate(const PodTemplate& given, json& pod) {
  if (given.text.empty()) return;
  const auto parsed = kube::ParseJson(given.text);
  if (!parsed) return;
  AddMembers(*parsed, "labels", pod["metadata"]["labels"]);
  Pass(*parsed, "annotations", pod["metadata"]);
  json& spec = pod["spec"];
  for (const char* field : kPodFields) Pass(*parsed, field, spec);
  ReplaceMembers(*parsed, "podSecurityContext", spec["securityContext"]);
  Append(*parsed, "volumes", spec["volumes"]);
  json& container = spec["containers"][0];
  Append(*parsed, "env", container["env"]);
  Pass(*parsed, "envFrom", container);
  Append(*parsed, "volumeMounts", container["volumeMounts"]);
  Pass(*parsed, "resources", container);
  ReplaceMembers(*parsed, "securityContext", container["securityContext"]);
}

}  // namespace dst_load::op
