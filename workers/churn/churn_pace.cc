// How a run of churn keeps to its schedule: where a cluster falls behind, and where the run is suspended.
#include <fmt/format.h>

#include "base/log.h"
#include "workers/churn/churn_worker.h"
#include "workers/churn/reasons.h"

namespace dst_load::workers::churn {
namespace {

using Signal = RunState::Signal;

constexpr Micros kCatchUp = std::chrono::seconds{60};

}  // namespace

void ChurnWorker::KeepPace(Schedule& schedule, WallTime now) {
  const bool suspended = state_.TakeSuspended();
  if (suspended == schedule.Paused()) return;
  log::Info(suspended ? "suspended" : "going on");
  if (suspended) {
    schedule.Pause(now);
  } else {
    schedule.Unpause(now);
  }
}

/// A cluster that is slower than the hold: the next phase waits until it has reached this one's target, or cycles would
/// run that change next to nothing.
void ChurnWorker::LetCatchUp(Schedule& schedule, const std::stop_token& stop) {
  const auto end = schedule.HoldEnd();
  const WallTime now = clock_.Wall();
  if (!end || now < *end || schedule.Paused() || state_.Converged()) return;
  const RunView view = state_.View();
  Note({reason::kKubernetesBehind, fmt::format("{} of {} endpoints at the end of the hold", view.progress.endpoints,
                                               view.progress.target_endpoints)});
  state_.CountOverrun();
  state_.Wait(stop, now + kCatchUp, {Signal::kStop, Signal::kPace}, true);
  state_.SetReason("", "");
  const WallTime until = clock_.Wall();
  schedule.Postpone(until);
  // Suspended meanwhile, the next phase does not begin.
  KeepPace(schedule, until);
}

}  // namespace dst_load::workers::churn
