#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "coordination/progress.h"

namespace dst_load::workers::churn {

enum class Pattern { kStable, kOscillate };

/// What is to happen, without when. Spans in microseconds.
///
/// `stable` changes nothing. `oscillate` knows two phases a cycle, up and down. The phase up begins at B: service i is
/// told to scale to max_endpoints at B + jitter(i). The phase down begins at B + max_hold and tells service i at B +
/// max_hold + jitter'(i); B + max_hold + min_hold is the next cycle's B, and with it the cycle is complete. So holds
/// count from scheduled times, and a service holds for its span give or take the jitter: the schedule is an open loop
/// that late requests do not move. Only where a cluster has not reached a phase's target when its hold ends does the
/// player postpone the next phase, so that every cycle makes the changes it promises.
struct SchedulePlan {
  Pattern pattern = Pattern::kStable;
  std::uint32_t services = 10;
  std::uint32_t min_endpoints = 0;  ///< of a service. stable: the same as max_endpoints
  std::uint32_t max_endpoints = 0;
  Micros max_hold{0};
  Micros min_hold{0};
  Micros jitter{0};                     ///< longest delay of a service; at most the shorter hold
  std::optional<std::uint32_t> cycles;  ///< absent: until stopped
  std::optional<Micros> duration;       ///< absent: until stopped
  std::uint64_t seed = 0;
};

enum class Direction { kUp, kDown };

/// One service is told to scale. `t0` is when it is due, whenever the request really leaves.
struct ScaleEvent {
  WallTime t0{};
  std::uint32_t service = 0;
  Direction direction = Direction::kUp;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  bool counted = true;  ///< false: a worker before us sent it already, it is sent again to be sure
  bool operator==(const ScaleEvent&) const = default;
};

/// Where the run is: a step, and the count of complete cycles before it.
struct Position {
  coordination::ChurnStep step = coordination::ChurnStep::kUnknown;
  std::uint32_t cycle = 0;
  WallTime since{};
  bool operator==(const Position&) const = default;
};

/// The delay of one service in one phase, 0 to plan.jitter. Depends on nothing but its arguments, so that a worker that
/// takes over draws what the one before it drew.
Micros Jitter(const SchedulePlan& plan, std::uint32_t cycle, Direction direction, std::uint32_t service);

/// Plays a plan: asked at any time, it tells what is due and when to ask again.
///
/// Asked late, it hands out what it missed, with the times it was due at. Pure: no clock, no I/O. Not thread-safe.
class Schedule {
 public:
  /// Begins at `start`.
  Schedule(const SchedulePlan& plan, WallTime start);

  /// Goes on where a worker that died was, in its own times. `scheduled` holds the newest T0 it reported, by service.
  /// When `now` lies past the end of its phase (`*late` is then set), the phase is done again from now if a scale event
  /// of it was still due. Otherwise its hold ends just after `now`: who takes over may Postpone it, until the cluster
  /// has reached the phase's target.
  static Schedule Resume(const SchedulePlan& plan, const Position& position, const std::vector<WallTime>& scheduled,
                         WallTime now, bool* late);

  struct Tick {
    std::vector<ScaleEvent> due;  ///< by t0, then by service
    Position position;
    std::optional<WallTime> next;  ///< when something happens next; absent: nothing ever will
    bool finished = false;
  };
  Tick Advance(WallTime now);

  /// When the running hold ends; absent while scaling, for `stable` and after the end.
  std::optional<WallTime> HoldEnd() const;
  /// Lets the running hold end no earlier than `until`; what comes after moves with it. Nothing while scaling.
  void Postpone(WallTime until);

  /// No hold ends from `now` on, and a phase that is scaling hands out its last event, until Unpause: what is still to
  /// come then moves by as long as the hold stood still. Neither does anything when repeated. A stop ends a pause, too.
  void Pause(WallTime now);
  void Unpause(WallTime now);
  bool Paused() const { return paused_.has_value(); }

  /// Begins nothing new: a hold ends at the next Advance, a scaling phase when its last event was handed out.
  void Stop() { stopping_ = true; }

  /// Endpoints that a service was last told to have.
  std::uint32_t TargetOf(std::uint32_t service) const { return targets_[service]; }
  std::uint64_t Target() const;

 private:
  void EnterPhase(std::uint64_t phase, WallTime start);
  bool HasCome(WallTime end, WallTime now) const { return !paused_ && end <= now; }
  bool Scaling() const { return handed_ < events_.size(); }
  std::uint32_t Cycle() const { return static_cast<std::uint32_t>(phase_ / 2); }
  Direction PhaseDirection() const { return phase_ % 2 == 0 ? Direction::kUp : Direction::kDown; }
  Micros Hold() const { return PhaseDirection() == Direction::kUp ? plan_.max_hold : plan_.min_hold; }
  Tick AdvanceStable(WallTime now);
  Tick Finish(WallTime since);
  Position CurrentPosition() const;

  SchedulePlan plan_;
  WallTime start_{};
  bool stopping_ = false;
  std::optional<WallTime> paused_;  ///< since when
  std::optional<Position> finished_;
  std::uint64_t phase_ = 0;  ///< 2 * cycle, + 1 when going down
  WallTime phase_start_{};
  std::vector<ScaleEvent> events_;  ///< of the phase, in order
  std::size_t handed_ = 0;          ///< of these, handed out
  std::vector<std::uint32_t> targets_;
};

}  // namespace dst_load::workers::churn
