#include "coordination/clock_estimate.h"

#include <catch2/catch.hpp>

#include "base/random.h"

namespace dst_load::coordination {
namespace {

WallTime At(std::int64_t us) { return WallTime{Micros{us}}; }

TEST_CASE("A clock estimate knows nothing before the first probe", "[clock]") {
  REQUIRE_FALSE(ClockEstimate{}.Best().has_value());
}

TEST_CASE("The probe of least round trip decides, and half of it is the error", "[clock]") {
  ClockEstimate estimate;
  estimate.Add(At(1000), At(6500), At(2000));  // 1000 us round trip, offset 5000
  estimate.Add(At(3000), At(8060), At(3100));  // 100 us, offset 5010
  estimate.Add(At(5000), At(9000), At(9000));  // 4000 us, offset 2000
  REQUIRE(estimate.Best()->offset == Micros{5010});
  REQUIRE(estimate.Best()->error == Micros{50});
}

TEST_CASE("An odd round trip's error is rounded up", "[clock]") {
  ClockEstimate estimate;
  estimate.Add(At(0), At(0), At(1));
  REQUIRE(estimate.Best()->error == Micros{1});
}

TEST_CASE("Old probes leave the window, so that a drifting clock is followed", "[clock]") {
  ClockEstimate estimate(3);
  estimate.Add(At(0), At(105), At(10));
  for (int i = 1; i <= 3; ++i) estimate.Add(At(i * 1000), At(i * 1000 + 250), At(i * 1000 + 100));
  REQUIRE(estimate.Best()->offset == Micros{200});
}

TEST_CASE("A probe that came back before it left is ignored", "[clock]") {
  ClockEstimate estimate;
  estimate.Add(At(100), At(100), At(99));
  REQUIRE_FALSE(estimate.Best().has_value());
}

TEST_CASE("The true offset is always within the error, whatever way the delay was spent", "[clock]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    const auto offset = static_cast<std::int64_t>(random.Below(2'000'000)) - 1'000'000;
    ClockEstimate estimate;
    for (int probe = 0; probe < 10; ++probe) {
      const auto sent = static_cast<std::int64_t>(random.Below(1'000'000'000));
      const auto there = static_cast<std::int64_t>(random.Below(5000));
      const auto back = static_cast<std::int64_t>(random.Below(5000));
      estimate.Add(At(sent), At(sent + there + offset), At(sent + there + back));
    }
    const auto best = estimate.Best().value();
    REQUIRE(std::chrono::abs(best.offset - Micros{offset}) <= best.error);
  }
}

}  // namespace
}  // namespace dst_load::coordination
