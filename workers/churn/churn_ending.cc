// How a run of churn ends: its outcome, what becomes of its objects, the last report.
#include <algorithm>

#include "base/log.h"
#include "workers/churn/churn_worker.h"

namespace dst_load::workers::churn {
namespace {

using coordination::ChurnStep;
using Signal = RunState::Signal;
using namespace std::chrono_literals;

constexpr Micros kCleanWithin = 60s;
/// After a signal no more requests begin; those on their way have the client's timeout of 5 s to come back.
constexpr Micros kCleanAfterSignal = 4s;

}  // namespace

Outcome ChurnWorker::Run(std::stop_token stop) {
  const std::stop_callback on_stop(stop, [this] { clean_until_ = clock_.Mono() + kCleanAfterSignal; });
  StartLooking();
  const End end = Drive(stop);
  const bool released = state_.Raised(Signal::kRelease);
  const bool handed_over = end.ending == Ending::kInterrupted && session_ != nullptr && !released;
  Outcome outcome{end.ending, end.reason, end.message, 0, false, {}};
  outcome.exit_code = end.ending == Ending::kFailed || handed_over ? 1 : 0;

  state_.StopPublishing();
  if (scaler_) scaler_->RequestStop();
  if (end.ending == Ending::kFailed) {
    state_.SetReason(end.reason, end.message);
    state_.SetPosition({ChurnStep::kFailed, state_.View().progress.cycle, clock_.Wall()});
  }
  outcome.view = state_.View();
  if (end.ending == Ending::kInterrupted) {  // by then it may have waited for something
    outcome.reason = outcome.view.progress.reason;
    outcome.message = outcome.view.progress.message;
  }
  if (ShouldClean(end.ending, handed_over)) outcome.cleaned = CleanUp();
  if (end.ending == Ending::kDone || end.ending == Ending::kStopped) {
    state_.SetPosition({ChurnStep::kCleaned, outcome.view.progress.cycle, clock_.Wall()});
  }
  Farewell(stop);
  return outcome;
}

bool ChurnWorker::ShouldClean(Ending ending, bool handed_over) const {
  // The next worker of the run goes on with the objects; when none comes, they go with their owner.
  if (handed_over && options_.owner) return false;
  switch (options_.cleanup) {
    case CleanupPolicy::kAlways:
      return true;
    case CleanupPolicy::kOnSuccess:
      return ending == Ending::kDone || ending == Ending::kStopped;
    case CleanupPolicy::kNever:
      return false;
  }
  return false;
}

bool ChurnWorker::CleanUp() {
  const MonoTime deadline = clock_.Mono() + kCleanWithin;
  const auto go_on = [&] { return clock_.Mono() < std::min(deadline, clean_until_.load()); };
  log::Info("cleaning up", {{"namespace", options_.ns}});
  for (Micros backoff = 200ms;; backoff = std::min<Micros>(2 * backoff, 2s)) {
    const Status status = workload_.Delete(go_on);
    if (status) return true;
    if (!IsTransient(status.error()) || !go_on()) {
      log::Err("objects are left behind", {{"error", status.error().message}});
      return false;
    }
    // Nothing else is waited for any more; a signal only makes go_on say no.
    state_.Wait(std::stop_token{}, clock_.Wall() + backoff, {});
  }
}

void ChurnWorker::Farewell(const std::stop_token& stop) {
  look_out_.reset();
  scrape_.reset();
  watch_ = {};
  report_ = {};
  scaler_.reset();
  if (!session_) return;
  const RunView view = state_.View();
  session_->Report(view.progress, view.snapshot);
  if (!session_->Flush(stop.stop_requested() ? 1s : 5s)) log::Warn("the last report was not acknowledged");
  session_.reset();
}

}  // namespace dst_load::workers::churn
