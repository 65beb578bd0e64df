// A worker that takes over goes on where the one before it was.
#include <catch2/catch.hpp>

#include "schedule_play.h"

namespace dst_load::workers::churn {
namespace {

using namespace std::chrono_literals;
using coordination::ChurnStep;

/// What a worker that dies at `at` has reported: where it was, and the newest T0 of each service.
struct Reported {
  Position position;
  std::vector<WallTime> scheduled = std::vector<WallTime>(3);
  std::vector<ScaleEvent> events;
};
Reported RunUntil(Schedule& schedule, WallTime at) {
  Reported reported;
  const auto tick = schedule.Advance(at);
  reported.position = tick.position;
  reported.events = tick.due;
  for (const ScaleEvent& event : tick.due) reported.scheduled[event.service] = event.t0;
  return reported;
}

TEST_CASE("A worker that takes over goes on as if nothing had happened", "[churn][schedule]") {
  FakeClock whole_clock;
  const WallTime start = whole_clock.Wall();
  Schedule whole(Oscillate(), start);
  const Played expected = Play(whole, whole_clock);

  for (const Micros died : {Micros{0s}, Micros{500ms}, Micros{1500ms}, Micros{5s}, Micros{11s}, Micros{13s},
                            Micros{14s}, Micros{15s}, Micros{20s}, Micros{25s}, Micros{27s}}) {
    INFO("died after " << died.count() << " us");
    Schedule dying(Oscillate(), start);
    const Reported reported = RunUntil(dying, start + died);
    FakeClock clock(start + died + 100ms);
    bool late = true;
    Schedule taken = Schedule::Resume(Oscillate(), reported.position, reported.scheduled, clock.Wall(), &late);
    CHECK_FALSE(late);
    Schedule dead = dying, alive = taken;
    dead.Advance(clock.Wall());
    alive.Advance(clock.Wall());
    CHECK(alive.Target() == dead.Target());
    const Played rest = Play(taken, clock);
    CHECK(rest.finished);
    CHECK(clock.Wall() - start == 28s);

    std::vector<ScaleEvent> events = reported.events;
    for (const ScaleEvent& event : rest.events) {
      if (event.counted) {
        events.push_back(event);
        continue;
      }
      // Sent again: the very event that was reported.
      CHECK(event.t0 == reported.scheduled[event.service]);
      CHECK(event.t0 <= start + died);
    }
    CHECK(events == expected.events);
    CHECK(rest.positions.back().cycle == 2);
  }
}

TEST_CASE("A run that is taken over ends when its duration was to end", "[churn][schedule]") {
  SchedulePlan plan = Oscillate();
  plan.cycles.reset();
  plan.duration = 33s;
  const WallTime start = FakeClock().Wall();
  for (const Micros died : {Micros{5s}, Micros{11s}, Micros{13s}, Micros{20s}, Micros{27s}}) {
    INFO("died after " << died.count() << " us");
    Schedule dying(plan, start);
    const Reported reported = RunUntil(dying, start + died);
    FakeClock clock(start + died);
    bool late = true;
    Schedule taken = Schedule::Resume(plan, reported.position, reported.scheduled, clock.Wall(), &late);
    CHECK(Play(taken, clock).finished);
    CHECK(clock.Wall() - start == 33s);
  }
}

TEST_CASE("Taken over from a worker that had told no service yet, all are told", "[churn][schedule]") {
  const WallTime start = FakeClock().Wall();
  bool late = true;
  Schedule taken = Schedule::Resume(Oscillate(), {ChurnStep::kScaleUp, 0, start}, {}, start, &late);
  const auto tick = taken.Advance(start + 2s);
  REQUIRE(tick.due.size() == 3);
  for (const ScaleEvent& event : tick.due) CHECK(event.counted);
}

TEST_CASE("Taken over long after a hold was due to end, the next phase begins now, if nobody postpones it",
          "[churn][schedule]") {
  FakeClock clock;
  const WallTime start = clock.Wall();
  Schedule dying(Oscillate(), start);
  const Reported reported = RunUntil(dying, start + 5s);
  REQUIRE(reported.position.step == ChurnStep::kHoldMax);
  const WallTime now = start + 1h;
  bool late = false;
  Schedule taken = Schedule::Resume(Oscillate(), reported.position, reported.scheduled, now, &late);
  CHECK(late);
  SECTION("postponed, the hold goes on") {
    const auto tick = taken.Advance(now);
    CHECK(tick.position == reported.position);
    CHECK(taken.Target() == 3 * Oscillate().max_endpoints);
    taken.Postpone(now + 7s);
    CHECK(taken.HoldEnd() == now + 7s);
    CHECK(taken.Advance(now + 6s).position.step == ChurnStep::kHoldMax);
    return;
  }
  FakeClock again(now);
  const Played played = Play(taken, again);
  CHECK(played.finished);
  REQUIRE(played.events.size() == 3 + 9);
  for (std::size_t i = 0; i < 3; ++i) CHECK_FALSE(played.events[i].counted);
  for (std::size_t i = 3; i < 6; ++i) {
    CHECK(played.events[i].direction == Direction::kDown);
    CHECK(played.events[i].t0 >= now);
    CHECK(played.events[i].t0 <= now + 2s);
  }
  CHECK(again.Wall() == now + 1us + 4s + 14s);
}

TEST_CASE("Taken over long after scaling broke off, the phase is done again from now", "[churn][schedule]") {
  FakeClock clock;
  const WallTime start = clock.Wall();
  SchedulePlan plan = Oscillate();
  Schedule dying(plan, start);
  const auto first = dying.Advance(start);
  REQUIRE(first.next);
  const auto one = dying.Advance(*first.next);
  REQUIRE(one.due.size() == 1);
  std::vector<WallTime> scheduled(3);
  scheduled[one.due[0].service] = one.due[0].t0;
  const WallTime now = start + 1h;
  bool late = false;
  Schedule taken = Schedule::Resume(plan, one.position, scheduled, now, &late);
  CHECK(late);
  FakeClock again(now);
  const Played played = Play(taken, again);
  CHECK(played.finished);
  REQUIRE(played.events.size() == 12);
  CHECK_FALSE(played.events[0].counted);
  CHECK(played.events[0].t0 == one.due[0].t0);
  for (std::size_t i = 1; i < 3; ++i) {
    CHECK(played.events[i].counted);
    CHECK(played.events[i].direction == Direction::kUp);
    CHECK(played.events[i].t0 >= now);
  }
  CHECK(again.Wall() == now + 28s);
}

TEST_CASE("A stable run taken over ends when it was to end", "[churn][schedule]") {
  SchedulePlan plan;
  plan.duration = 10min;
  FakeClock clock;
  const WallTime start = clock.Wall();
  bool late = true;
  Schedule taken = Schedule::Resume(plan, {ChurnStep::kStable, 0, start}, {}, start + 4min, &late);
  CHECK_FALSE(late);
  CHECK(taken.Advance(start + 4min).next == start + 10min);
}

}  // namespace
}  // namespace dst_load::workers::churn
