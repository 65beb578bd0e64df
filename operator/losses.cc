#include "operator/losses.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "measure/losses.h"
#include "operator/children.h"

namespace dst_load::op {
namespace {

using coordination::Fate;
using coordination::WorkerView;

/// A Pod that is deleted by force is gone at once, and its process a few seconds later, with its last words; and a
/// client may attach before the watch has told of its Pod.
constexpr Micros kPodGone = std::chrono::seconds{10};

/// What is seen of a Pod may be older than the process in it.
constexpr Micros kPodSettled = std::chrono::seconds{3};

/// The times of a Pod are cut to whole seconds.
constexpr Micros kWhole = std::chrono::seconds{1};

const ContainerView* WorkerOf(const PodView& pod) {
  const auto found = std::find_if(pod.containers.begin(), pod.containers.end(),
                                  [](const ContainerView& each) { return each.name == kClient; });
  return found == pod.containers.end() ? nullptr : &*found;
}

bool HasEnded(const PodView& pod) {
  const ContainerView* worker = WorkerOf(pod);
  return pod.Finished() || (worker != nullptr && worker->stopped);
}

/// True for the end of a process that was in the Pod before the one that attached then.
bool IsOlder(const ContainerView& ended, std::optional<WallTime> attached) {
  return attached && ended.last_exit_at && *ended.last_exit_at + kWhole <= *attached;
}

/// How the Pod's last process ended, which was there at `attached`; empty when the Pod does not say.
std::string EndOf(const PodView& pod, std::optional<WallTime> attached) {
  if (pod.reason == "Evicted") return "evicted: " + pod.message;
  const ContainerView* worker = WorkerOf(pod);
  if (worker != nullptr && !worker->last_exit_reason.empty() && !IsOlder(*worker, attached)) {
    return fmt::format("{}, exit code {}", worker->last_exit_reason, worker->last_exit_code);
  }
  return pod.Finished() ? pod.reason : "";
}

void Look(const WorkerView& worker, const PodView* pod, WallTime now, ClientEnds& ends) {
  std::optional<WallTime> attached;
  if (worker.attached_ago) attached = now - *worker.attached_ago;
  if (worker.fate == Fate::kLost) {
    std::string why = pod != nullptr ? EndOf(*pod, attached) : "its Pod is gone";
    if (worker.why.empty() && !why.empty()) ends.known.push_back({worker.instance, std::move(why)});
  } else if (pod == nullptr || HasEnded(*pod)) {
    const Micros patience = pod == nullptr ? kPodGone : kPodSettled;
    if (worker.away >= patience) {
      ends.known.push_back({worker.instance, pod == nullptr ? "its Pod is gone" : EndOf(*pod, attached)});
    } else {
      const Micros rest = patience - worker.away;
      ends.look_again = ends.look_again ? std::min(*ends.look_again, rest) : rest;
    }
  }
}

}  // namespace

ClientEnds EndedClients(const Observed& seen, WallTime now) {
  ClientEnds ends;
  if (!seen.run) return ends;
  std::map<std::string, const PodView*> pods;
  for (const PodView& pod : seen.client_pods) pods.emplace(pod.meta.name, &pod);
  for (const WorkerView& worker : seen.run->workers) {
    const bool missed = worker.fate == Fate::kAway || worker.fate == Fate::kLost;
    if (worker.churn || !missed || worker.pod.empty()) continue;
    const auto pod = pods.find(worker.pod);
    Look(worker, pod == pods.end() ? nullptr : pod->second, now, ends);
  }
  return ends;
}

std::optional<std::string> TooManyLost(const Observed& seen) {
  const double limit = seen.test.spec.criteria.max_lost_percent;
  if (!seen.run || !measure::TooManyLost(limit, seen.run->facts)) return std::nullopt;
  return fmt::format("{}, and client.maxLostPercent is {:g}", measure::LossesText(seen.run->facts), limit);
}

}  // namespace dst_load::op
