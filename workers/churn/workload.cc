#include "workers/churn/workload.h"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/object.h"
#include "workers/churn/reasons.h"
#include "workers/churn/threads.h"

namespace dst_load::workers::churn {
namespace {

using nlohmann::json;

constexpr std::size_t kThreads = 8;

/// The condition `type` of an object's status; null when it has none of that status.
const json* ConditionOf(const json& object, std::string_view type, std::string_view status) {
  const json* conditions = kube::MemberAt(object, "status.conditions");
  if (conditions == nullptr || !conditions->is_array()) return nullptr;
  for (const json& condition : *conditions) {
    if (kube::StringAt(condition, "type") == type && kube::StringAt(condition, "status") == status) return &condition;
  }
  return nullptr;
}

}  // namespace

Workload::Workload(kube::Client& client, ObjectSpec spec, std::vector<std::string> names)
    : client_(client), spec_(std::move(spec)), names_(std::move(names)) {}

Status Workload::Ensure(const std::vector<std::uint32_t>& replicas, const GoOn& go_on,
                        const std::function<void()>& on_service) {
  std::set<std::string> there;
  for (const auto& resource : {kube::kServices, kube::kDeployments}) {
    const auto found = client_.List(resource, spec_.ns);
    if (!found) return Fail(found.error());
    if (auto status = CheckNames(found->items, resource.plural, names_, spec_.test_name); !status) return status;
    if (resource == kube::kDeployments) continue;
    for (const json& service : found->items) there.insert(kube::KeyOf(service).name);
  }
  return ForEach(names_.size(), kThreads, go_on, [&](std::size_t i) -> Status {
    const auto service = client_.Apply(kube::kServices, spec_.ns, BuildService(spec_, names_[i]), kFieldManager);
    if (!service) return Fail(service.error());
    if (!there.contains(names_[i])) on_service();
    const auto deployment =
        client_.Apply(kube::kDeployments, spec_.ns, BuildDeployment(spec_, names_[i], replicas[i]), kFieldManager);
    if (!deployment) return Fail(deployment.error());
    return {};
  });
}

Status Workload::Scale(std::uint32_t service, std::uint32_t replicas) {
  const auto patched = client_.MergePatch(kube::kDeployments, spec_.ns, names_[service], ScalePatch(replicas));
  if (!patched) return Fail(patched.error());
  return {};
}

Status Workload::Delete(const GoOn& go_on) {
  for (const auto& resource : {kube::kDeployments, kube::kServices}) {
    if (!go_on()) return Fail(Code::kCancelled, fmt::format("delete {}: out of time", resource.plural));
    const auto found = client_.List(resource, spec_.ns, OwnSelector(spec_.test_name));
    if (!found) return Fail(found.error());
    const Status deleted = ForEach(found->items.size(), kThreads, go_on, [&](std::size_t i) {
      return client_.Delete(resource, spec_.ns, kube::KeyOf(found->items[i]).name);
    });
    if (!deleted) return deleted;
  }
  if (!go_on()) return Fail(Code::kCancelled, "delete services: out of time");
  return {};
}

Trouble Workload::Diagnose(std::uint64_t ready, std::uint64_t wanted) {
  const std::string selector = OwnSelector(spec_.test_name);
  if (const auto deployments = client_.List(kube::kDeployments, spec_.ns, selector)) {
    for (const json& deployment : deployments->items) {
      if (Trouble trouble = ReplicaFailureOf(deployment); !trouble.reason.empty()) return trouble;
    }
  }
  if (const auto pods = client_.List(kube::kPods, spec_.ns, selector)) {
    std::size_t stuck = 0;
    std::string why;
    for (const json& pod : pods->items) {
      std::string message = UnschedulableMessage(pod);
      if (message.empty()) continue;
      ++stuck;
      why = std::move(message);
    }
    if (stuck > 0) {
      return {reason::kPodsUnschedulable,
              fmt::format("{} of {} Pods find no node (is there a KWOK node, with label type=kwok?): {}", stuck,
                          pods->items.size(), why)};
    }
  }
  return {reason::kEndpointsNotReady, fmt::format("{} of {} endpoints are ready", ready, wanted)};
}

Trouble ReplicaFailureOf(const json& deployment) {
  const json* condition = ConditionOf(deployment, "ReplicaFailure", "True");
  if (condition == nullptr) return {};
  const std::string message = kube::StringAt(*condition, "message");
  std::string reason = reason::kReplicaFailure;
  if (message.find("exceeded quota") != std::string::npos) {
    reason = reason::kQuotaExceeded;
  } else if (message.find("forbidden") != std::string::npos) {
    reason = reason::kForbidden;
  }
  const kube::ObjectKey key = kube::KeyOf(deployment);
  return {std::move(reason), fmt::format("deployments/{}/{}: {}", key.ns, key.name, message)};
}

std::string UnschedulableMessage(const json& pod) {
  const json* condition = ConditionOf(pod, "PodScheduled", "False");
  if (condition == nullptr || kube::StringAt(*condition, "reason") != "Unschedulable") return {};
  const std::string message = kube::StringAt(*condition, "message");
  return message.empty() ? "unschedulable" : message;
}

std::string ReasonOf(const Error& error) {
  if (IsConflict(error)) return reason::kNameConflict;
  if (IsForbidden(error)) {
    return error.message.find("exceeded quota") != std::string::npos ? reason::kQuotaExceeded : reason::kForbidden;
  }
  if (IsNotFound(error)) return reason::kNamespaceNotFound;
  if (IsTransient(error)) return reason::kApiUnavailable;
  return reason::kCreateFailed;
}

}  // namespace dst_load::workers::churn
