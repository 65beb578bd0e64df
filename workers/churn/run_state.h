#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/time.h"
#include "coordination/progress.h"
#include "measure/snapshot.h"
#include "workers/churn/scaler.h"
#include "workers/churn/schedule.h"
#include "workers/churn/truth_tracker.h"

namespace dst_load::kube {
struct WatchEvent;
}

namespace dst_load::workers::churn {

/// What has been counted of one service.
struct ServiceTally {
  std::uint64_t endpoints = 0;
  std::uint64_t target = 0;
  std::uint64_t added = 0;
  std::uint64_t removed = 0;
};

/// Everything that reports, metrics and results are made of, at one instant.
struct RunView {
  coordination::ChurnProgress progress;
  measure::ChurnSnapshot snapshot;
  std::vector<ServiceTally> services;
  std::uint64_t scale_up = 0;
  std::uint64_t scale_down = 0;
  std::uint64_t steps = 0;  ///< changes of step or reason so far
  bool ready = false;       ///< the objects exist, with their initial endpoints
};

/// What the threads of a churn worker share: the truth as the watch tells it, the targets as the schedule sets them,
/// the counts that come of both, and what the coordinator said.
///
/// Thread-safe. `publish` is called under the lock, in the order of seq, and must be quick.
class RunState {
 public:
  using Publish = std::function<void(const std::vector<measure::Change>&)>;

  RunState(const std::vector<std::string>& services, const SchedulePlan& plan, const Clock& clock, Publish publish);

  // ---- The watch's thread ----
  void OnWatch(const kube::WatchEvent& event);

  // ---- The worker's thread ----
  /// Takes the truth over from a worker before us; before the watch begins.
  void Restore(const measure::TruthState& truth, std::vector<WallTime> scheduled);
  /// From now on changes are published and counted; the state before them is given to `start` first, under the lock.
  void StartPublishing(const std::function<void(const measure::TruthState&)>& start);
  void StopPublishing();
  void SetTarget(std::uint32_t service, std::uint64_t endpoints);
  /// A service is about to be told to scale. Before the request leaves.
  void Scaling(const ScaleEvent& event);
  void SetPosition(const Position& position);
  /// What the run waits for or failed of; empty when nothing is the matter.
  void SetReason(std::string reason, std::string message);
  void SetSeed(std::uint64_t seed);
  void SetReady();
  void CountServiceCreated();
  void CountOverrun();

  // ---- The look-out's thread ----
  /// About once a second, so that a plot of the endpoints has no holes.
  void RecordEndpoints();
  void CountClockJump();

  // ---- The scraper's thread ----
  void SetDestination(const measure::DestinationMetrics& metrics);

  // ---- The scaler's threads ----
  void OnAttempt(const ScaleAttempt& attempt);

  // ---- What the coordinator said ----
  enum class Signal { kWelcome, kStart, kStop, kRelease, kPace };
  void Raise(Signal signal);
  bool Raised(Signal signal) const;
  /// The run is to pause, or to go on. Raises kPace when that is news.
  void SetSuspended(bool suspended);
  /// What was said last, taken as heard: kPace is lowered.
  bool TakeSuspended();

  // ---- Anybody ----
  RunView View() const;
  /// Every service has exactly as many endpoints as it was told to have, and the watch is in step.
  bool Converged() const;
  /// Blocks until one of `signals` is raised, or every service has converged if `converged`, or it is `until`, or
  /// `stop` is asked. True for the first two.
  bool Wait(const std::stop_token& stop, std::optional<WallTime> until, std::initializer_list<Signal> signals,
            bool converged = false);
  bool Synced() const;
  /// Blocks until the position or the reason changed since a view with `seen` steps, or `timeout` passed, or `stop` is
  /// asked.
  void WaitForStep(const std::stop_token& stop, std::uint64_t seen, Micros timeout);

 private:
  void Take(const std::vector<measure::Change>& changes);
  void RecordEndpointsAt(WallTime at);
  void Mark(const Position& position);
  bool ConvergedLocked() const;
  bool RaisedLocked(Signal signal) const { return (signals_ & (1U << static_cast<unsigned>(signal))) != 0; }

  const Clock& clock_;
  const Publish publish_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  TruthTracker tracker_;
  std::uint64_t endpoints_ = 0;  ///< of all services
  RunView view_;
  unsigned signals_ = 0;
  bool suspended_ = false;
  bool synced_ = false;
  bool publishing_ = false;
};

}  // namespace dst_load::workers::churn
