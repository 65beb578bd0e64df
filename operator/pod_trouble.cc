#include "operator/pod_trouble.h"

#include <fmt/format.h>

#include "operator/reasons.h"

namespace dst_load::op {
namespace {

Trouble Make(std::string_view reason, std::string message) { return {std::string(reason), std::move(message)}; }

std::string Named(const PodView& pod, std::string_view what, std::string_view detail) {
  return detail.empty() ? fmt::format("Pod {} {}", pod.meta.name, what)
                        : fmt::format("Pod {} {}: {}", pod.meta.name, what, detail);
}

bool IsImageReason(const std::string& reason) {
  return reason == "ImagePullBackOff" || reason == "ErrImagePull" || reason == "InvalidImageName" ||
         reason == "ErrImageNeverPull" || reason == "ImageInspectError" || reason == "RegistryUnavailable" ||
         reason == "SignatureValidationFailed";
}

bool IsConfigReason(const std::string& reason) {
  return reason == "CreateContainerConfigError" || reason == "CreateContainerError" || reason == "RunContainerError" ||
         reason == "PreCreateHookError" || reason == "PreStartHookError" || reason == "PostStartHookError";
}

/// Between two crashes a container runs for a moment; that it crashes is true all the time.
bool IsCrashing(const PodView& pod, const ContainerView& container) {
  if (container.waiting_reason == "CrashLoopBackOff") return true;
  return container.restarts >= 2 && container.last_exit_code != 0 && !pod.ready;
}

std::optional<Trouble> TroubleOf(const PodView& pod, const ContainerView& container) {
  const std::string& waiting = container.waiting_reason;
  if (IsImageReason(waiting)) {
    return Make(reason::kImagePull, Named(pod, "cannot have its image", container.waiting_message));
  }
  if (IsConfigReason(waiting)) {
    return Make(reason::kContainerConfig, Named(pod, "cannot start its container", container.waiting_message));
  }
  if (container.last_exit_reason == "OOMKilled" && !pod.ready) {
    return Make(reason::kOomKilled, Named(pod, "ran out of memory", fmt::format("{} restarts", container.restarts)));
  }
  if (IsCrashing(pod, container)) {
    return Make(
        reason::kCrashLoop,
        Named(pod, fmt::format("crashes again and again, last with exit code {}", container.last_exit_code), ""));
  }
  return std::nullopt;
}

/// A Pod that Kubernetes takes away. With its node gone it stays in this state until the node is back or deleted.
std::optional<Trouble> Disrupted(const PodView& pod) {
  if (pod.disruption.empty()) return std::nullopt;
  const std::string& why = pod.disruption_message;
  if (pod.disruption == "DeletionByTaintManager" || pod.disruption == "DeletionByPodGC") {
    return Make(reason::kPodLost, Named(pod, "is taken off a node that does not answer or is tainted", why));
  }
  return Make(reason::kEvicted, Named(pod, "was evicted", why));
}

Trouble Failed(const PodView& pod) {
  if (pod.reason == "Evicted") return Make(reason::kEvicted, Named(pod, "was evicted", pod.message));
  if (auto disrupted = Disrupted(pod)) return *disrupted;
  for (const auto& container : pod.containers) {
    if (container.last_exit_reason == "OOMKilled") return Make(reason::kOomKilled, Named(pod, "ran out of memory", ""));
  }
  return Make(reason::kPodFailed, Named(pod, "failed", pod.message.empty() ? pod.reason : pod.message));
}

bool Contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// The reason of a refusal by admission, of a Pod of ours or of a Deployment's.
std::string_view RefusalReason(const std::string& message, std::string_view otherwise) {
  if (Contains(message, "exceeded quota") || Contains(message, "failed quota")) return reason::kQuota;
  if (Contains(message, "violates PodSecurity")) return reason::kPodSecurity;
  return otherwise;
}

}  // namespace

std::optional<Trouble> TroubleOf(const PodView& pod) {
  // That we or its controller delete it is no trouble; that something else does is.
  if (pod.meta.deleting) return Disrupted(pod);
  if (pod.phase == "Failed") return Failed(pod);
  if (pod.reason == "NodeLost" || pod.phase == "Unknown") {
    return Make(reason::kPodLost, Named(pod, "is on a node that does not answer", pod.message));
  }
  if (!pod.unschedulable.empty()) {
    return Make(reason::kUnschedulable, Named(pod, "has no node to run on", pod.unschedulable));
  }
  for (const auto& container : pod.containers) {
    if (auto trouble = TroubleOf(pod, container)) return trouble;
  }
  return std::nullopt;
}

std::optional<Trouble> TroubleOf(const std::vector<PodView>& pods) {
  // What keeps those that are to stay from running comes first: one that goes is replaced.
  for (const bool deleting : {false, true}) {
    for (const auto& pod : pods) {
      if (pod.meta.deleting != deleting) continue;
      if (auto trouble = TroubleOf(pod)) return trouble;
    }
  }
  return std::nullopt;
}

std::optional<Trouble> TroubleOf(const DeploymentView& deployment) {
  if (deployment.replica_failure.empty()) return std::nullopt;
  return Make(RefusalReason(deployment.replica_failure, reason::kForbidden),
              fmt::format("Deployment {} cannot create Pods: {}", deployment.meta.name, deployment.replica_failure));
}

Trouble TroubleOf(const ApplyTrouble& trouble) {
  const auto otherwise = IsForbidden(trouble.error) ? reason::kForbidden : reason::kApplyFailed;
  return Make(RefusalReason(trouble.error.message, otherwise),
              fmt::format("cannot make the {}: {}", trouble.what, trouble.error.message));
}

}  // namespace dst_load::op
