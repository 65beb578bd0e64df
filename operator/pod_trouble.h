#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "operator/observed.h"

namespace dst_load::op {

/// What keeps something from working, as a condition's reason and message.
struct Trouble {
  std::string reason;
  std::string message;
  bool operator==(const Trouble&) const = default;
};

/// What keeps a Pod from running: image pull, crash loop, memory, scheduling, eviction, its node. nullopt when nothing
/// is known to.
std::optional<Trouble> TroubleOf(const PodView& pod);
/// The first Pod's that has any, by name; Pods that are being deleted come last.
std::optional<Trouble> TroubleOf(const std::vector<PodView>& pods);
/// A Deployment that cannot create Pods: quota, Pod Security.
std::optional<Trouble> TroubleOf(const DeploymentView& deployment);
/// An action that failed.
Trouble TroubleOf(const ApplyTrouble& trouble);

}  // namespace dst_load::op
