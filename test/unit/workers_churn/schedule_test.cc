#include "schedule_play.h"

#include <map>
#include <set>

#include <catch2/catch.hpp>

namespace dst_load::workers::churn {
namespace {

using namespace std::chrono_literals;
using coordination::ChurnStep;

std::vector<ChurnStep> Steps(const Played& played) {
  std::vector<ChurnStep> steps;
  for (const Position& position : played.positions) steps.push_back(position.step);
  return steps;
}

TEST_CASE("Stable changes nothing and ends at its duration", "[churn][schedule]") {
  SchedulePlan plan;
  plan.min_endpoints = plan.max_endpoints = 100;
  plan.duration = 10min;
  FakeClock clock;
  const WallTime start = clock.Wall();
  Schedule schedule(plan, start);
  CHECK(schedule.Target() == 1000);
  CHECK_FALSE(schedule.HoldEnd());
  const Played played = Play(schedule, clock);
  CHECK(played.events.empty());
  CHECK(Steps(played) == std::vector{ChurnStep::kStable, ChurnStep::kFinished});
  CHECK(clock.Wall() - start == 10min);
}

TEST_CASE("Stable without a duration goes on until it is stopped, and then ends at once", "[churn][schedule]") {
  FakeClock clock;
  Schedule schedule(SchedulePlan{}, clock.Wall());
  const auto tick = schedule.Advance(clock.Wall() + 24h * 365);
  CHECK_FALSE(tick.finished);
  CHECK_FALSE(tick.next);
  schedule.Stop();
  CHECK(schedule.Advance(clock.Wall()).finished);
}

TEST_CASE("A cycle scales every service up, holds, scales down, holds, and then counts", "[churn][schedule]") {
  FakeClock clock;
  const WallTime start = clock.Wall();
  Schedule schedule(Oscillate(), start);
  CHECK(schedule.Target() == 30);
  const Played played = Play(schedule, clock);

  REQUIRE(played.finished);
  CHECK(clock.Wall() - start == 2 * 14s);
  CHECK(Steps(played) == std::vector{ChurnStep::kScaleUp, ChurnStep::kHoldMax, ChurnStep::kScaleDown,
                                     ChurnStep::kHoldMin, ChurnStep::kScaleUp, ChurnStep::kHoldMax,
                                     ChurnStep::kScaleDown, ChurnStep::kHoldMin, ChurnStep::kFinished});
  CHECK(played.positions[3].cycle == 0);
  CHECK(played.positions[4].cycle == 1);
  CHECK(played.positions.back().cycle == 2);
  REQUIRE(played.events.size() == 12);
  const Micros bases[] = {0s, 10s, 14s, 24s};
  for (std::size_t i = 0; i < played.events.size(); ++i) {
    const ScaleEvent& event = played.events[i];
    const bool up = (i / 3) % 2 == 0;
    const Micros late = event.t0 - start - bases[i / 3];
    CHECK(late >= 0s);
    CHECK(late <= 2s);
    CHECK(event.direction == (up ? Direction::kUp : Direction::kDown));
    CHECK(event.from == (up ? 10U : 50U));
    CHECK(event.to == (up ? 50U : 10U));
    CHECK(event.counted);
  }
  CHECK(schedule.Target() == 30);
}

TEST_CASE("Without jitter all services scale at the same instant", "[churn][schedule]") {
  SchedulePlan plan = Oscillate();
  plan.jitter = 0s;
  plan.services = 100;
  FakeClock clock;
  Schedule schedule(plan, clock.Wall());
  const auto tick = schedule.Advance(clock.Wall());
  REQUIRE(tick.due.size() == 100);
  for (std::uint32_t service = 0; service < 100; ++service) {
    CHECK(tick.due[service].t0 == clock.Wall());
    CHECK(tick.due[service].service == service);
  }
  CHECK(tick.position.step == ChurnStep::kHoldMax);
  CHECK(tick.next == clock.Wall() + 10s);
  CHECK(schedule.Target() == 5000);
}

TEST_CASE("A worker that asks late gets what it missed, with the times that it was due at", "[churn][schedule]") {
  FakeClock punctual_clock;
  const WallTime start = punctual_clock.Wall();
  SchedulePlan plan = Oscillate();
  Micros end = 28s;
  SECTION("of all cycles") {}
  SECTION("until its duration was over") {
    plan.cycles.reset();
    plan.duration = end = 19s;
  }
  Schedule punctual(plan, start);
  Schedule late(plan, start);
  const auto all = late.Advance(start + 1h);
  CHECK(all.finished);
  CHECK(all.position.since == start + end);
  CHECK(all.due == Play(punctual, punctual_clock).events);
  CHECK_FALSE(late.HoldEnd());
}

TEST_CASE("The seed decides the jitter, service by service and phase by phase", "[churn][schedule]") {
  SchedulePlan plan = Oscillate();
  SchedulePlan other = plan;
  other.seed = 43;
  std::set<Micros> drawn;
  int same = 0;
  for (std::uint32_t service = 0; service < 100; ++service) {
    for (const Direction direction : {Direction::kUp, Direction::kDown}) {
      const Micros jitter = Jitter(plan, 7, direction, service);
      CHECK(jitter >= 0s);
      CHECK(jitter <= plan.jitter);
      CHECK(jitter == Jitter(plan, 7, direction, service));
      if (jitter == Jitter(other, 7, direction, service)) ++same;
      drawn.insert(jitter);
    }
  }
  CHECK(same < 5);
  CHECK(drawn.size() > 190);
  Micros sum{0};
  for (const Micros jitter : drawn) sum += jitter;
  CHECK(sum / static_cast<std::int64_t>(drawn.size()) > 800ms);
  CHECK(sum / static_cast<std::int64_t>(drawn.size()) < 1200ms);
}

TEST_CASE("Stopped in a hold it ends at once; while scaling, after the last event", "[churn][schedule]") {
  FakeClock clock;
  const WallTime start = clock.Wall();
  Schedule holding(Oscillate(), start);
  holding.Advance(start + 5s);
  holding.Stop();
  const auto ended = holding.Advance(start + 6s);
  CHECK(ended.finished);
  CHECK(ended.due.empty());
  CHECK(ended.position == Position{ChurnStep::kFinished, 0, start + 6s});
  CHECK(holding.Target() == 150);

  Schedule scaling(Oscillate(), start);
  const auto first = scaling.Advance(start);
  REQUIRE(first.next);
  scaling.Stop();
  const Played rest = Play(scaling, clock);
  CHECK(rest.finished);
  CHECK(first.due.size() + rest.events.size() == 3);
}

TEST_CASE("A duration ends an oscillation in a hold, never with services half scaled", "[churn][schedule]") {
  SchedulePlan plan = Oscillate();
  plan.cycles.reset();
  FakeClock clock;
  const WallTime start = clock.Wall();
  SECTION("in a hold") {
    plan.duration = 19s;
    Schedule schedule(plan, start);
    const Played played = Play(schedule, clock);
    CHECK(played.finished);
    CHECK(clock.Wall() - start == 19s);
    CHECK(played.events.size() == 9);
    CHECK(played.positions.back().cycle == 1);
  }
  SECTION("while scaling") {
    plan.duration = Micros{1};
    Schedule schedule(plan, start);
    const Played played = Play(schedule, clock);
    CHECK(played.finished);
    CHECK(played.events.size() == 3);
    CHECK(clock.Wall() == played.events.back().t0);
    CHECK(played.positions.back().since == played.events.back().t0);
  }
}

TEST_CASE("A postponed hold moves what comes after it, and nothing else", "[churn][schedule]") {
  FakeClock clock;
  const WallTime start = clock.Wall();
  const SchedulePlan plan = Oscillate();
  Schedule schedule(plan, start);
  CHECK_FALSE(schedule.HoldEnd());
  schedule.Postpone(start + 1h);  // scaling: no hold to postpone
  while (!schedule.HoldEnd()) {
    const auto tick = schedule.Advance(clock.Wall());
    REQUIRE(tick.next);
    if (!schedule.HoldEnd()) clock.Advance(*tick.next - clock.Wall());
  }
  REQUIRE(schedule.HoldEnd() == start + 10s);
  schedule.Postpone(start + 8s);
  CHECK(schedule.HoldEnd() == start + 10s);
  schedule.Postpone(start + 17s);
  CHECK(schedule.HoldEnd() == start + 17s);
  const Played played = Play(schedule, clock);
  CHECK(played.finished);
  CHECK(clock.Wall() == start + 7s + 28s);
  for (const ScaleEvent& event : played.events) CHECK(event.t0 >= start + 17s);
}

}  // namespace
}  // namespace dst_load::workers::churn
