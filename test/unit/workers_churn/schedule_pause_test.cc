#include <catch2/catch.hpp>

#include "schedule_play.h"

namespace dst_load::workers::churn {
namespace {

using namespace std::chrono_literals;
using coordination::ChurnStep;

/// The T0s of all events, from the start.
std::vector<Micros> Times(const Played& played, WallTime start) {
  std::vector<Micros> times;
  for (const ScaleEvent& event : played.events) times.push_back(event.t0 - start);
  return times;
}

TEST_CASE("A pause in a hold moves all that comes after it by its length, and nothing is lost", "[churn][schedule]") {
  FakeClock clock;
  const WallTime start = clock.Wall();
  Schedule undisturbed(Oscillate(), start), schedule(Oscillate(), start);
  const auto expected = Times(Play(undisturbed, clock), start);

  FakeClock again;
  again.Advance(start + 5s - again.Wall());  // jitter is at most 2 s: it holds
  auto before = schedule.Advance(again.Wall());
  REQUIRE(before.position.step == ChurnStep::kHoldMax);
  schedule.Pause(again.Wall());
  const auto paused = schedule.Advance(again.Wall());
  CHECK_FALSE(paused.next);
  again.Advance(1h);
  schedule.Pause(again.Wall());  // again is the same pause
  const auto still = schedule.Advance(again.Wall());
  CHECK(still.due.empty());
  CHECK(still.position == before.position);
  schedule.Unpause(again.Wall());
  schedule.Unpause(again.Wall());
  CHECK(schedule.HoldEnd() == start + 1h + 10s);
  Played rest = Play(schedule, again);
  CHECK(rest.finished);
  CHECK(rest.positions.back().cycle == 2);
  CHECK(again.Wall() == start + 1h + 28s);
  const auto late = Times(rest, start + 1h);
  CHECK(std::vector(expected.begin() + 3, expected.end()) == late);
}

TEST_CASE("A pause while services scale begins when the last one was told", "[churn][schedule]") {
  FakeClock clock;
  const WallTime start = clock.Wall();
  SchedulePlan plan = Oscillate();
  Schedule schedule(plan, start);
  schedule.Pause(start);
  std::size_t told = 0;
  auto tick = schedule.Advance(start);
  for (told += tick.due.size(); tick.next; told += tick.due.size()) {
    clock.Advance(*tick.next - clock.Wall());
    tick = schedule.Advance(clock.Wall());
  }
  CHECK(told == plan.services);
  const WallTime last = clock.Wall();
  SECTION("what is left of the hold is what was left then") {
    clock.Advance(1min);
    schedule.Unpause(clock.Wall());
    CHECK(schedule.HoldEnd() == start + 10s + (clock.Wall() - last));
  }
  SECTION("a pause that is over by then changes nothing") {
    schedule.Unpause(last);
    CHECK(schedule.HoldEnd() == start + 10s);
  }
}

TEST_CASE("A pause that is over before the last service was told changes nothing", "[churn][schedule]") {
  const WallTime start = FakeClock().Wall();
  Schedule schedule(Oscillate(), start);
  schedule.Pause(start);
  const auto tick = schedule.Advance(start);
  REQUIRE(tick.position.step == ChurnStep::kScaleUp);
  schedule.Unpause(start);
  schedule.Advance(start + 2s);
  CHECK(schedule.HoldEnd() == start + 10s);
}

TEST_CASE("A phase that a worker is late for does not begin in a pause, and is as late after it", "[churn][schedule]") {
  const WallTime start = FakeClock().Wall();
  Schedule schedule(Oscillate(), start);
  schedule.Advance(start + 9s);
  schedule.Pause(start + 13s);
  CHECK(schedule.Advance(start + 13s).position.step == ChurnStep::kHoldMax);
  CHECK(schedule.Advance(start + 1h).due.empty());
  schedule.Unpause(start + 1h);
  const auto tick = schedule.Advance(start + 1h);
  REQUIRE_FALSE(tick.due.empty());
  for (const ScaleEvent& event : tick.due) CHECK(event.t0 >= start + 1h - 3s);
}

TEST_CASE("A stop ends a paused run at once, and a duration does not count a pause", "[churn][schedule]") {
  FakeClock clock;
  const WallTime start = clock.Wall();
  SECTION("stop") {
    Schedule schedule(Oscillate(), start);
    schedule.Advance(start + 5s);
    schedule.Pause(start + 5s);
    schedule.Stop();
    CHECK(schedule.Advance(start + 6s).finished);
  }
  SECTION("duration") {
    SchedulePlan plan;
    plan.min_endpoints = plan.max_endpoints = 100;
    plan.duration = 10min;
    Schedule schedule(plan, start);
    schedule.Pause(start + 4min);
    const auto paused = schedule.Advance(start + 1h);
    CHECK_FALSE(paused.finished);
    CHECK_FALSE(paused.next);
    schedule.Unpause(start + 1h);
    CHECK(schedule.Advance(start + 1h).next == start + 1h + 6min);
    CHECK(schedule.Advance(start + 1h + 6min).finished);
  }
}

TEST_CASE("A worker that takes a paused run over stays in the step, and goes on from there", "[churn][schedule]") {
  FakeClock clock;
  const WallTime start = clock.Wall();
  Schedule first(Oscillate(), start);
  const auto held = first.Advance(start + 5s);
  std::vector<WallTime> scheduled(3);
  for (const ScaleEvent& event : held.due) scheduled[event.service] = event.t0;
  bool late = false;
  const WallTime now = start + 1h;
  Schedule second = Schedule::Resume(Oscillate(), held.position, scheduled, now, &late);
  second.Pause(now);
  CHECK(second.Advance(now).position.step == ChurnStep::kHoldMax);
  CHECK(second.Advance(now + 1h).position.step == ChurnStep::kHoldMax);
  second.Unpause(now + 1h);
  clock.Advance(now + 1h - clock.Wall());
  const Played rest = Play(second, clock);
  CHECK(rest.finished);
  CHECK(rest.positions.back().cycle == 2);
  std::size_t counted = 0;
  for (const ScaleEvent& event : rest.events) counted += event.counted ? 1 : 0;
  CHECK(counted == 9);
}

}  // namespace
}  // namespace dst_load::workers::churn
