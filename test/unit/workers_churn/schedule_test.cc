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
  FakeClock clock;
  Schedule schedule(plan, clock.Wall());
  const auto tick = schedule.Advance(clock.Wall());
  REQUIRE(tick.due.size() == 3);
  for (const ScaleEvent& event : tick.due) CHECK(event.t0 == clock.Wall());
  CHECK(tick.position.step == ChurnStep::kHoldMax);
  CHECK(tick.next == clock.Wall() + 10s);
  CHECK(schedule.Target() == 150);
}

TEST_CASE("A worker that asks late gets what it missed, with the times that it was due at", "[churn][schedule]") {
  FakeClock punctual_clock;
  const WallTime start = punctual_clock.Wall();
  Schedule punctual(Oscillate(), start);
  Schedule late(Oscillate(), start);
  const auto all = late.Advance(start + 1h);
  CHECK(all.finished);
  CHECK(all.position.since == start + 28s);
  CHECK(all.due == Play(punctual, punctual_clock).events);
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
  }
}

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

TEST_CASE("Taken over long after a hold was due to end, the next phase begins now", "[churn][schedule]") {
  FakeClock clock;
  const WallTime start = clock.Wall();
  Schedule dying(Oscillate(), start);
  const Reported reported = RunUntil(dying, start + 5s);
  REQUIRE(reported.position.step == ChurnStep::kHoldMax);
  const WallTime now = start + 1h;
  bool late = false;
  Schedule taken = Schedule::Resume(Oscillate(), reported.position, reported.scheduled, now, &late);
  CHECK(late);
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
  CHECK(again.Wall() == now + 4s + 14s);
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
