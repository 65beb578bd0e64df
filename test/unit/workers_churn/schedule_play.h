#pragma once

#include <vector>

#include <catch2/catch.hpp>

#include "workers/churn/schedule.h"

namespace dst_load::workers::churn {

using namespace std::chrono_literals;

/// 3 services, 10 to 50 endpoints, 2 cycles.
inline SchedulePlan Oscillate() {
  SchedulePlan plan;
  plan.pattern = Pattern::kOscillate;
  plan.services = 3;
  plan.min_endpoints = 10;
  plan.max_endpoints = 50;
  plan.max_hold = 10s;
  plan.min_hold = 4s;
  plan.jitter = 2s;
  plan.cycles = 2;
  plan.seed = 42;
  return plan;
}

/// Plays a schedule as a punctual worker does: at each time it asks for. At most `most` ticks.
struct Played {
  std::vector<ScaleEvent> events;
  std::vector<Position> positions;  // each change
  bool finished = false;
};
inline Played Play(Schedule& schedule, FakeClock& clock, int most = 1000) {
  Played played;
  for (int i = 0; i < most; ++i) {
    const auto tick = schedule.Advance(clock.Wall());
    played.events.insert(played.events.end(), tick.due.begin(), tick.due.end());
    if (played.positions.empty() || !(played.positions.back() == tick.position)) {
      played.positions.push_back(tick.position);
    }
    if ((played.finished = tick.finished) || !tick.next) break;
    REQUIRE(*tick.next > clock.Wall());
    clock.Advance(*tick.next - clock.Wall());
  }
  return played;
}

}  // namespace dst_load::workers::churn
