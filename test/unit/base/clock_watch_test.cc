#include "base/clock_watch.h"

#include <catch2/catch.hpp>

using namespace dst_load;
using namespace std::chrono_literals;

namespace {

/// A clock whose wall time can be set, and whose reader can be stopped between two readings.
class SettableClock final : public Clock {
 public:
  WallTime Wall() const override { return WallTime{1'000'000'000s + passed_ + set_}; }
  MonoTime Mono() const override {
    passed_ += between_;
    if (once_in_ > 0 && --once_in_ == 0) passed_ += once_;
    return MonoTime{5s + passed_};
  }
  void Advance(Micros by) { passed_ += by; }
  void Set(Micros by) { set_ += by; }
  void StopBetweenReadings(Micros span) { between_ = span; }
  /// Between the next two readings of monotonic time, and never again.
  void StopOnce(Micros span) { once_in_ = 2, once_ = span; }

 private:
  mutable Micros passed_{0};
  mutable int once_in_ = 0;
  Micros set_{0}, between_{0}, once_{0};
};

const WallTime kWall{1'000'000'000s};
const MonoTime kMono{77s};

}  // namespace

TEST_CASE("A wall clock that moves with the monotonic one has not jumped", "[clock]") {
  ClockWatch watch;
  CHECK(watch.Look(kWall, kMono) == std::nullopt);
  CHECK(watch.Look(kWall + 1s, kMono + 1s) == std::nullopt);
  CHECK(watch.Look(kWall + 4h, kMono + 4h) == std::nullopt);
}

TEST_CASE("A wall clock that is set has jumped once, by as much and in that direction", "[clock]") {
  ClockWatch watch;
  watch.Look(kWall, kMono);
  CHECK(watch.Look(kWall + 1s + 2h, kMono + 1s) == Micros{2h});
  CHECK(watch.Look(kWall + 2s + 2h, kMono + 2s) == std::nullopt);
  CHECK(watch.Look(kWall + 3s, kMono + 3s) == Micros{-2h});
  CHECK(watch.Look(kWall + 4s, kMono + 4s) == std::nullopt);
}

TEST_CASE("The bound itself is no jump, a microsecond more is one", "[clock]") {
  for (const int sign : {1, -1}) {
    ClockWatch watch;
    watch.Look(kWall, kMono);
    CHECK(watch.Look(kWall + 1s + sign * ClockWatch::kBound, kMono + 1s) == std::nullopt);
    CHECK(watch.Look(kWall + 2s + sign * (2 * ClockWatch::kBound + 1us), kMono + 2s) ==
          sign * (ClockWatch::kBound + 1us));
  }
}

TEST_CASE("A clock that is slewed does not jump, however far it gets", "[clock]") {
  ClockWatch watch;
  for (int second = 0; second < 1000; ++second) {
    REQUIRE(watch.Look(kWall + second * (1s + 500us), kMono + second * 1s) == std::nullopt);
  }
}

TEST_CASE("A thread that was stopped between its readings is not mistaken for a jump", "[clock]") {
  SettableClock clock;
  ClockWatch watch;
  CHECK(watch.Look(clock) == std::nullopt);
  clock.StopBetweenReadings(3s);
  CHECK(watch.Look(clock) == std::nullopt);
  clock.StopBetweenReadings(0s);
  clock.Advance(1s);
  CHECK(watch.Look(clock) == std::nullopt);
}

TEST_CASE("A look that was disturbed is taken again", "[clock]") {
  SettableClock clock;
  ClockWatch watch;
  watch.Look(clock);
  clock.Set(200ms);
  clock.StopOnce(3s);
  CHECK(watch.Look(clock) == Micros{200ms});
}

TEST_CASE("A jump during a look that was left out is found by the next one", "[clock]") {
  SettableClock clock;
  ClockWatch watch;
  watch.Look(clock);
  clock.StopBetweenReadings(3s);
  clock.Set(200ms);
  CHECK(watch.Look(clock) == std::nullopt);
  clock.StopBetweenReadings(0s);
  CHECK(watch.Look(clock) == Micros{200ms});
}
