#include "workers/churn/schedule.h"

#include <algorithm>
#include <numeric>

#include "base/random.h"

namespace dst_load::workers::churn {
namespace {

using coordination::ChurnStep;

bool InOrder(const ScaleEvent& a, const ScaleEvent& b) { return a.t0 != b.t0 ? a.t0 < b.t0 : a.service < b.service; }

}  // namespace

Micros Jitter(const SchedulePlan& plan, std::uint32_t cycle, Direction direction, std::uint32_t service) {
  const std::uint64_t phase = 2ULL * cycle + (direction == Direction::kDown ? 1 : 0);
  const std::uint64_t of_phase = Random(plan.seed ^ ((phase + 1) * 0x9e3779b97f4a7c15ULL)).Next();
  Random random(of_phase ^ ((service + 1ULL) * 0xbf58476d1ce4e5b9ULL));
  return Micros{static_cast<std::int64_t>(random.Below(static_cast<std::uint64_t>(plan.jitter.count()) + 1))};
}

Schedule::Schedule(const SchedulePlan& plan, WallTime start)
    : plan_(plan), start_(start), phase_start_(start), targets_(plan.services, plan.min_endpoints) {
  if (plan_.pattern == Pattern::kOscillate) EnterPhase(0, start);
}

Schedule Schedule::Resume(const SchedulePlan& plan, const Position& position, const std::vector<WallTime>& scheduled,
                          WallTime now, bool* late) {
  *late = false;
  Schedule schedule(plan, position.since);
  if (plan.pattern == Pattern::kStable) return schedule;
  const bool down = position.step == ChurnStep::kScaleDown || position.step == ChurnStep::kHoldMin;
  const bool holding = position.step == ChurnStep::kHoldMax || position.step == ChurnStep::kHoldMin;
  const std::uint64_t phase = 2ULL * position.cycle + (down ? 1 : 0);
  std::fill(schedule.targets_.begin(), schedule.targets_.end(), down ? plan.max_endpoints : plan.min_endpoints);

  schedule.EnterPhase(phase, position.since);
  if (holding) {
    const Micros longest = schedule.events_.back().t0 - position.since;
    schedule.EnterPhase(phase, position.since - longest);
  }
  schedule.start_ = schedule.phase_start_ - position.cycle * (plan.max_hold + plan.min_hold);
  if (down) schedule.start_ -= plan.max_hold;

  const auto sent = [&](const ScaleEvent& event) {
    return event.service < scheduled.size() && scheduled[event.service] >= event.t0;
  };
  std::vector<bool> was_sent(plan.services);
  for (const ScaleEvent& event : schedule.events_) was_sent[event.service] = sent(event);
  if (now >= schedule.phase_start_ + schedule.Hold()) {
    *late = true;
    const bool all_sent = std::find(was_sent.begin(), was_sent.end(), false) == was_sent.end();
    schedule.EnterPhase(phase, all_sent ? now + Micros{1} - schedule.Hold() : now);
  }
  for (ScaleEvent& event : schedule.events_) {
    if (!was_sent[event.service]) continue;
    event.t0 = scheduled[event.service];
    event.counted = false;
  }
  std::sort(schedule.events_.begin(), schedule.events_.end(), InOrder);
  return schedule;
}

void Schedule::EnterPhase(std::uint64_t phase, WallTime start) {
  phase_ = phase;
  phase_start_ = start;
  handed_ = 0;
  events_.clear();
  const Direction direction = PhaseDirection();
  const bool up = direction == Direction::kUp;
  for (std::uint32_t service = 0; service < plan_.services; ++service) {
    events_.push_back({start + Jitter(plan_, Cycle(), direction, service), service, direction,
                       up ? plan_.min_endpoints : plan_.max_endpoints, up ? plan_.max_endpoints : plan_.min_endpoints});
  }
  std::sort(events_.begin(), events_.end(), InOrder);
}

Position Schedule::CurrentPosition() const {
  if (plan_.pattern == Pattern::kStable) return {ChurnStep::kStable, 0, start_};
  const bool up = PhaseDirection() == Direction::kUp;
  if (Scaling()) return {up ? ChurnStep::kScaleUp : ChurnStep::kScaleDown, Cycle(), phase_start_};
  return {up ? ChurnStep::kHoldMax : ChurnStep::kHoldMin, Cycle(), events_.back().t0};
}

Schedule::Tick Schedule::Finish(WallTime since) {
  finished_ = Position{ChurnStep::kFinished, CurrentPosition().cycle, since};
  return {{}, *finished_, std::nullopt, true};
}

Schedule::Tick Schedule::AdvanceStable(WallTime now) {
  std::optional<WallTime> end;
  if (plan_.duration) end = start_ + *plan_.duration;
  if (end && HasCome(*end, now)) return Finish(*end);
  if (stopping_) return Finish(now);
  return {{}, CurrentPosition(), paused_ ? std::nullopt : end, false};
}

Schedule::Tick Schedule::Advance(WallTime now) {
  if (finished_) return {{}, *finished_, std::nullopt, true};
  if (plan_.pattern == Pattern::kStable) return AdvanceStable(now);

  std::vector<ScaleEvent> due;
  const auto finish = [&](WallTime since) {
    Tick tick = Finish(since);
    tick.due = std::move(due);
    return tick;
  };
  while (true) {
    for (; Scaling() && events_[handed_].t0 <= now; ++handed_) {
      targets_[events_[handed_].service] = events_[handed_].to;
      due.push_back(events_[handed_]);
    }
    if (Scaling()) return {std::move(due), CurrentPosition(), events_[handed_].t0, false};

    const WallTime phase_end = phase_start_ + Hold();
    std::optional<WallTime> end;
    if (plan_.duration) end = std::max(start_ + *plan_.duration, events_.back().t0);
    if (end && *end <= phase_end && HasCome(*end, now)) return finish(*end);
    if (stopping_) return finish(now);
    if (!HasCome(phase_end, now)) {
      std::optional<WallTime> next = end ? std::min(*end, phase_end) : phase_end;
      if (paused_) next.reset();
      return {std::move(due), CurrentPosition(), next, false};
    }

    const bool last = PhaseDirection() == Direction::kDown && plan_.cycles && Cycle() + 1 >= *plan_.cycles;
    EnterPhase(phase_ + 1, phase_end);
    if (last) return finish(phase_end);
  }
}

std::optional<WallTime> Schedule::HoldEnd() const {
  if (finished_ || plan_.pattern == Pattern::kStable || Scaling()) return std::nullopt;
  return phase_start_ + Hold();
}

void Schedule::Postpone(WallTime until) {
  const auto end = HoldEnd();
  if (end && until > *end) phase_start_ += until - *end;
}

void Schedule::Pause(WallTime now) {
  if (!paused_) paused_ = now;
}

void Schedule::Unpause(WallTime now) {
  if (!paused_) return;
  // Scaling went on: what stood still is the hold behind it.
  const WallTime since = events_.empty() ? *paused_ : std::max(*paused_, events_.back().t0);
  paused_.reset();
  if (now <= since) return;
  start_ += now - since;
  phase_start_ += now - since;
}

std::uint64_t Schedule::Target() const { return std::accumulate(targets_.begin(), targets_.end(), std::uint64_t{0}); }

}  // namespace dst_load::workers::churn
