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
         reason == "ErrImageNeverPull" || reason == "ImageInspectError" || reason == "RegistryUnavailable";
}

bool IsConfigReason(const std::string& reason) {
  return reason == "CreateContainerConfigError" || reason == "CreateContainerError" || reason == "RunContainerError";
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
  if (waiting == "CrashLoopBackOff") {
    return Make(
        reason::kCrashLoop,
        Named(pod, fmt::format("crashes again and again, last with exit code {}", container.last_exit_code), ""));
  }
  return std::nullopt;
}

bool Contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

std::optional<Trouble> TroubleOf(const PodView& pod) {
  if (pod.meta.deleting) return std::nullopt;
  if (pod.phase == "Failed") {
    if (pod.reason == "Evicted") return Make(reason::kEvicted, Named(pod, "was evicted", pod.message));
    for (const auto& container : pod.containers) {
      if (container.last_exit_reason == "OOMKilled")
        return Make(reason::kOomKilled, Named(pod, "ran out of memory", ""));
    }
    return Make(reason::kPodFailed, Named(pod, "failed", pod.message.empty() ? pod.reason : pod.message));
  }
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
  for (const auto& pod : pods) {
    if (auto trouble = TroubleOf(pod)) return trouble;
  }
  return std::nullopt;
}

std::optional<Trouble> TroubleOf(const DeploymentView& deployment) {
  if (deployment.replica_failure.empty()) return std::nullopt;
  const bool quota = Contains(deployment.replica_failure, "exceeded quota");
  return Make(quota ? reason::kQuota : reason::kForbidden,
              fmt::format("Deployment {} cannot create Pods: {}", deployment.meta.name, deployment.replica_failure));
}

Trouble TroubleOf(const ApplyTrouble& trouble) {
  const bool quota = Contains(trouble.error.message, "exceeded quota");
  const auto name = quota ? reason::kQuota : IsForbidden(trouble.error) ? reason::kForbidden : reason::kApplyFailed;
  return Make(name, fmt::format("cannot make the {}: {}", trouble.what, trouble.error.message));
}

}  // namespace dst_load::op
