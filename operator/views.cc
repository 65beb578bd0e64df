#include "operator/views.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "kube/base64.h"
#include "kube/object.h"
#include "operator/children.h"

namespace dst_load::op {
namespace {

using nlohmann::json;

/// Label names hold dots: MemberAt would take them for a path.
std::string LabelOf(const json& object, std::string_view label) {
  const json* labels = kube::MemberAt(object, "metadata.labels");
  const json* value = labels == nullptr ? nullptr : kube::Member(*labels, label);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

template <class Read>
void EachOf(const json& object, std::string_view path, const Read& read) {
  const json* list = kube::MemberAt(object, path);
  if (list == nullptr || !list->is_array()) return;
  for (const json& item : *list) read(item);
}

std::string OwnerOf(const json& object) {
  std::string uid;
  EachOf(object, "metadata.ownerReferences", [&](const json& owner) {
    if (kube::StringAt(owner, "kind") == kLoadTests.kind) uid = kube::StringAt(owner, "uid");
  });
  return uid;
}

struct ConditionText {
  std::string reason;
  std::string message;  ///< the type when the condition has none
};

/// What a condition of this type and status says; empty when there is none.
ConditionText ConditionOf(const json& object, std::string_view type, std::string_view status) {
  ConditionText text;
  EachOf(object, "status.conditions", [&](const json& condition) {
    if (kube::StringAt(condition, "type") != type || kube::StringAt(condition, "status") != status) return;
    text = {kube::StringAt(condition, "reason"), kube::StringAt(condition, "message")};
    if (text.message.empty()) text.message = type;
  });
  return text;
}

/// Why no node takes the Pod. A Pod that somebody holds back on purpose (SchedulingGated) is not in trouble.
std::string UnschedulableOf(const json& object) {
  ConditionText text = ConditionOf(object, "PodScheduled", "False");
  const bool trouble = text.reason == "Unschedulable" || text.reason == "SchedulerError";
  return trouble ? std::move(text.message) : "";
}

ContainerView ContainerOf(const json& status) {
  ContainerView view;
  view.name = kube::StringAt(status, "name");
  view.waiting_reason = kube::StringAt(status, "state.waiting.reason");
  view.waiting_message = kube::StringAt(status, "state.waiting.message");
  const bool ended = kube::MemberAt(status, "state.terminated") != nullptr;
  view.stopped = ended || kube::MemberAt(status, "state.waiting") != nullptr;
  const std::string last = ended ? "state.terminated" : "lastState.terminated";
  view.last_exit_reason = kube::StringAt(status, last + ".reason");
  view.last_exit_code = kube::IntAt(status, last + ".exitCode").value_or(0);
  if (const auto at = ParseTime(kube::StringAt(status, last + ".finishedAt"))) view.last_exit_at = *at;
  view.restarts = kube::IntAt(status, "restartCount").value_or(0);
  return view;
}

}  // namespace

Result<PodView> ParsePod(const json& object) {
  PodView pod;
  pod.meta = ParseMeta(object);
  pod.test = LabelOf(object, kTestLabel);
  pod.component = LabelOf(object, kComponentLabel);
  pod.run_id = LabelOf(object, kRunLabel);
  pod.owner_uid = OwnerOf(object);
  pod.phase = kube::StringAt(object, "status.phase");
  pod.reason = kube::StringAt(object, "status.reason");
  pod.message = kube::StringAt(object, "status.message");
  pod.unschedulable = UnschedulableOf(object);
  ConditionText disruption = ConditionOf(object, "DisruptionTarget", "True");
  pod.disruption = std::move(disruption.reason);
  pod.disruption_message = std::move(disruption.message);
  pod.ready = !ConditionOf(object, "Ready", "True").message.empty();
  for (const char* statuses : {"status.initContainerStatuses", "status.containerStatuses"}) {
    EachOf(object, statuses, [&](const json& each) { pod.containers.push_back(ContainerOf(each)); });
  }
  return pod;
}

Result<DeploymentView> ParseDeployment(const json& object) {
  DeploymentView deployment;
  deployment.meta = ParseMeta(object);
  deployment.test = LabelOf(object, kTestLabel);
  deployment.run_id = LabelOf(object, kRunLabel);
  deployment.owner_uid = OwnerOf(object);
  deployment.replicas = kube::IntAt(object, "spec.replicas").value_or(1);
  deployment.replica_failure = ConditionOf(object, "ReplicaFailure", "True").message;
  return deployment;
}

SecretView ParseSecret(const json& object) { return {OwnerOf(object), LabelOf(object, kRunLabel)}; }

bool IsChildOf(const json& object, const LoadTest& test) {
  if (OwnerOf(object) != test.meta.uid) return false;
  const std::string run = LabelOf(object, kRunLabel);
  const auto& past = test.status.history;
  return run == test.status.run_id ||
         std::any_of(past.begin(), past.end(), [&](const PastRun& each) { return each.run_id == run; });
}

std::string TokenOf(const json& secret) {
  return kube::DecodeBase64(kube::StringAt(secret, "data.token")).value_or("");
}

}  // namespace dst_load::op
