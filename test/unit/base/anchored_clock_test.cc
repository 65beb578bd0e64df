#include "base/anchored_clock.h"

#include <catch2/catch.hpp>

#include "base/clock_watch.h"

namespace dst_load {
namespace {

using namespace std::chrono_literals;

TEST_CASE("A clock that is anchored goes on where the machine's is set", "[clock]") {
  FakeClock machine;
  machine.Advance(5s);
  const AnchoredClock clock(machine);
  const WallTime start = machine.Wall();
  CHECK(clock.Wall() == start);
  machine.Advance(90ms);
  CHECK(clock.Wall() == start + 90ms);
  CHECK(clock.Mono() == machine.Mono());

  for (const Micros by : {Micros{1h}, Micros{-3h}, Micros{1us}}) {
    const WallTime before = clock.Wall();
    machine.Step(by);
    CHECK(clock.Wall() == before);
    machine.Advance(1s);
    CHECK(clock.Wall() == before + 1s);
  }
}

TEST_CASE("Who watches the machine's clock sees what the anchored one does not", "[clock]") {
  FakeClock machine;
  const AnchoredClock clock(machine);
  ClockWatch on_machine, on_anchored;
  CHECK_FALSE(on_machine.Look(clock.Machine()));
  CHECK_FALSE(on_anchored.Look(clock));
  machine.Step(-30s);
  machine.Advance(1s);
  CHECK(on_machine.Look(clock.Machine()) == Micros{-30s});
  CHECK_FALSE(on_anchored.Look(clock));
}

}  // namespace
}  // namespace dst_load
