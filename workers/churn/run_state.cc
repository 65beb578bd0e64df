#include "workers/churn/run_state.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "kube/object.h"
#include "kube/watch.h"
#include "workers/churn/objects.h"

namespace dst_load::workers::churn {

using measure::Change;

RunState::RunState(const std::vector<std::string>& services, const SchedulePlan& plan, const Clock& clock,
                   Publish publish)
    : clock_(clock), publish_(std::move(publish)), tracker_(services) {
  view_.services.resize(services.size());
  for (ServiceTally& service : view_.services) service.target = plan.min_endpoints;
  view_.progress.step = coordination::ChurnStep::kCreating;
  view_.progress.cycles = plan.cycles.value_or(0);
  view_.progress.seed = plan.seed;
  view_.progress.scheduled.resize(services.size());
  view_.progress.step_started = clock.Wall();
}

void RunState::OnWatch(const kube::WatchEvent& event) {
  using Type = kube::WatchEventType;
  if (event.type == Type::kBookmark) return;
  const WallTime t1 = event.received == WallTime{} ? clock_.Wall() : event.received;
  std::optional<SliceView> slice;
  if (event.type == Type::kApplied) {
    auto read = ReadSlice(*event.object, kServicePort);
    if (!read) return log::Warn("endpointslice left out", {{"error", read.error().message}});
    slice = std::move(*read);
  }
  {
    const std::lock_guard lock(mutex_);
    switch (event.type) {
      case Type::kRestarted:
        tracker_.Restarted();
        break;
      case Type::kApplied:
        Take(tracker_.Apply(*slice, t1));
        break;
      case Type::kDeleted:
        Take(tracker_.Remove(kube::KeyOf(*event.object).name, t1));
        break;
      case Type::kSynced:
        Take(tracker_.Synced(t1));
        synced_ = true;
        break;
      case Type::kBookmark:
        break;
    }
  }
  changed_.notify_all();
}

void RunState::Take(const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    ServiceTally& tally = view_.services[change.service];
    change.added ? ++tally.endpoints : --tally.endpoints;
    change.added ? ++endpoints_ : --endpoints_;
    RecordEndpointsAt(change.t1);
    if (!publishing_) continue;
    change.added ? ++tally.added : ++tally.removed;
    ++view_.snapshot.changes;
    if (change.t0) {
      view_.snapshot.kubernetes.Record(change.t1 - *change.t0);
    } else {
      ++view_.snapshot.changes_without_cause;
    }
  }
  if (publishing_ && !changes.empty()) publish_(changes);
}

void RunState::Restore(const measure::TruthState& truth, std::vector<WallTime> scheduled) {
  const std::lock_guard lock(mutex_);
  tracker_.Restore(truth);
  endpoints_ = 0;
  for (std::uint32_t i = 0; i < view_.services.size(); ++i) {
    view_.services[i].endpoints = tracker_.Size(i);
    endpoints_ += tracker_.Size(i);
  }
  scheduled.resize(view_.services.size());
  view_.progress.scheduled = std::move(scheduled);
}

void RunState::StartPublishing(const std::function<void(const measure::TruthState&)>& start) {
  const std::lock_guard lock(mutex_);
  if (publishing_) return;
  start(tracker_.State());
  publishing_ = true;
}

void RunState::StopPublishing() {
  const std::lock_guard lock(mutex_);
  publishing_ = false;
}

void RunState::SetTarget(std::uint32_t service, std::uint64_t endpoints) {
  const std::lock_guard lock(mutex_);
  view_.services[service].target = endpoints;
}

void RunState::Scaling(const ScaleEvent& event) {
  const std::lock_guard lock(mutex_);
  tracker_.Scale(event);
  view_.services[event.service].target = event.to;
  view_.progress.scheduled[event.service] = event.t0;
  if (!event.counted) return;
  ++view_.snapshot.scale_events;
  event.direction == Direction::kUp ? ++view_.scale_up : ++view_.scale_down;
}

void RunState::SetPosition(const Position& position) {
  {
    const std::lock_guard lock(mutex_);
    auto& progress = view_.progress;
    if (progress.step == position.step && progress.cycle == position.cycle) return;
    if (progress.step != position.step) Mark(position);
    progress.step = position.step;
    progress.cycle = position.cycle;
    progress.step_started = position.since;
    ++view_.steps;
  }
  changed_.notify_all();
}

void RunState::Mark(const Position& position) {
  auto& marks = view_.snapshot.marks;
  if (marks.size() < measure::ChurnSnapshot::kMaxMarks) {
    marks.push_back({position.since, std::string(coordination::ChurnStepName(position.step)), position.cycle});
  } else {
    ++view_.snapshot.marks_dropped;
  }
}

void RunState::SetReason(std::string reason, std::string message) {
  {
    const std::lock_guard lock(mutex_);
    if (view_.progress.reason != reason) ++view_.steps;
    view_.progress.reason = std::move(reason);
    view_.progress.message = std::move(message);
  }
  changed_.notify_all();
}

void RunState::SetSeed(std::uint64_t seed) {
  const std::lock_guard lock(mutex_);
  view_.progress.seed = seed;
}

void RunState::SetReady() {
  const std::lock_guard lock(mutex_);
  view_.ready = true;
}

void RunState::CountServiceCreated() {
  const std::lock_guard lock(mutex_);
  ++view_.snapshot.services_created;
}

void RunState::CountOverrun() {
  const std::lock_guard lock(mutex_);
  ++view_.snapshot.overruns;
}

void RunState::RecordEndpoints() {
  const std::lock_guard lock(mutex_);
  RecordEndpointsAt(clock_.Wall());
}

void RunState::RecordEndpointsAt(WallTime at) {
  view_.snapshot.endpoints.At(at).Add({static_cast<double>(endpoints_)});
}

void RunState::CountClockJump() {
  const std::lock_guard lock(mutex_);
  ++view_.snapshot.clock_jumps;
}

void RunState::SetDestination(const measure::DestinationMetrics& metrics) {
  const std::lock_guard lock(mutex_);
  view_.snapshot.destination = metrics;
}

void RunState::OnAttempt(const ScaleAttempt& attempt) {
  const std::lock_guard lock(mutex_);
  if (attempt.first && attempt.event.counted) {
    view_.snapshot.schedule_lag.Record(std::max(attempt.lag, Micros{0}));
  }
  if (!attempt.status) ++view_.snapshot.scale_errors;
}

void RunState::Raise(Signal signal) {
  {
    const std::lock_guard lock(mutex_);
    signals_ |= 1U << static_cast<unsigned>(signal);
  }
  changed_.notify_all();
}

void RunState::SetSuspended(bool suspended) {
  {
    const std::lock_guard lock(mutex_);
    if (suspended_ == suspended) return;
    suspended_ = suspended;
  }
  Raise(Signal::kPace);
}

bool RunState::TakeSuspended() {
  const std::lock_guard lock(mutex_);
  signals_ &= ~(1U << static_cast<unsigned>(Signal::kPace));
  return suspended_;
}

bool RunState::Raised(Signal signal) const {
  const std::lock_guard lock(mutex_);
  return RaisedLocked(signal);
}

RunView RunState::View() const {
  const std::lock_guard lock(mutex_);
  RunView view = view_;
  view.progress.last_seq = tracker_.LastSeq();
  for (const ServiceTally& service : view.services) {
    view.progress.endpoints += service.endpoints;
    view.progress.target_endpoints += service.target;
  }
  return view;
}

bool RunState::Converged() const {
  const std::lock_guard lock(mutex_);
  return ConvergedLocked();
}

bool RunState::ConvergedLocked() const {
  return synced_ && std::all_of(view_.services.begin(), view_.services.end(),
                                [](const ServiceTally& service) { return service.endpoints == service.target; });
}

bool RunState::Wait(const std::stop_token& stop, std::optional<WallTime> until, std::initializer_list<Signal> signals,
                    bool converged) {
  std::unique_lock lock(mutex_);
  const auto over = [&] {
    return (converged && ConvergedLocked()) ||
           std::any_of(signals.begin(), signals.end(), [&](Signal signal) { return RaisedLocked(signal); });
  };
  if (!until) return changed_.wait(lock, stop, over);
  return changed_.wait_for(lock, stop, *until - clock_.Wall(), over);
}

void RunState::WaitForStep(const std::stop_token& stop, std::uint64_t seen, Micros timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, timeout, [&] { return view_.steps != seen; });
}

bool RunState::Synced() const {
  const std::lock_guard lock(mutex_);
  return synced_;
}

}  // namespace dst_load::workers::churn
