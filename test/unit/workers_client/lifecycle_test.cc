#include "workers/client/lifecycle.h"

#include <catch2/catch.hpp>

using namespace dst_load;
using namespace dst_load::workers;
using namespace std::chrono_literals;

namespace {

std::vector<Lifecycle::Place> Places(std::uint64_t count) {
  std::vector<Lifecycle::Place> out;
  for (std::uint64_t i = 0; i < count; ++i) out.push_back({i, count});
  return out;
}

std::vector<Lifecycle::Action> Due(Lifecycle& lifecycle, MonoTime now) {
  std::vector<Lifecycle::Action> out;
  while (const auto action = lifecycle.TakeDue(now)) out.push_back(*action);
  return out;
}

using Kind = Lifecycle::Kind;

}  // namespace

TEST_CASE("Streams open evenly over the ramp-up", "[lifecycle]") {
  FakeClock clock;
  Lifecycle lifecycle({.ramp_up = 10s}, Places(5), 1);
  lifecycle.Begin(clock.Mono());
  for (std::uint32_t i = 0; i < 5; ++i) {
    CHECK(Due(lifecycle, clock.Mono()) == std::vector<Lifecycle::Action>{{i, Kind::kOpen}});
    if (i < 4) {
      CHECK(lifecycle.Next() == clock.Mono() + 2s);
    }
    clock.Advance(2s);
  }
  CHECK_FALSE(lifecycle.Next());
}

TEST_CASE("Without a ramp-up all streams open at once", "[lifecycle]") {
  FakeClock clock;
  Lifecycle lifecycle({}, Places(100), 1);
  lifecycle.Begin(clock.Mono());
  CHECK(Due(lifecycle, clock.Mono()).size() == 100);
}

TEST_CASE("A stream that cannot be opened is tried again later and later, with jitter, for ever", "[lifecycle]") {
  FakeClock clock;
  Lifecycle lifecycle({}, Places(1), 7);
  lifecycle.Begin(clock.Mono());
  REQUIRE(Due(lifecycle, clock.Mono()).size() == 1);
  for (const Micros delay : {1s, 2s, 4s, 8s, 10s, 10s, 10s}) {
    lifecycle.Ended(0, Ending::kFailure, false, clock.Mono());
    REQUIRE(lifecycle.Next());
    const auto wait = *lifecycle.Next() - clock.Mono();
    CHECK(wait >= delay);
    CHECK(wait <= delay + delay / 4);
    clock.Advance(wait);
    REQUIRE(Due(lifecycle, clock.Mono()) == std::vector<Lifecycle::Action>{{0, Kind::kOpen}});
  }
}

TEST_CASE("A stream that worked is opened again after 100 ms, however it ended", "[lifecycle]") {
  FakeClock clock;
  Lifecycle lifecycle({}, Places(1), 7);
  lifecycle.Begin(clock.Mono());
  REQUIRE(Due(lifecycle, clock.Mono()).size() == 1);
  for (const auto ending : {Ending::kServer, Ending::kFailure, Ending::kReset, Ending::kFailure}) {
    lifecycle.Opened(0, clock.Mono());
    lifecycle.Ended(0, ending, true, clock.Mono());
    const auto wait = *lifecycle.Next() - clock.Mono();
    CHECK(wait >= 100ms);
    CHECK(wait <= 125ms);
    clock.Advance(wait);
    REQUIRE(Due(lifecycle, clock.Mono()).size() == 1);
  }
}

TEST_CASE("A server that ends silent streams at once is not hammered", "[lifecycle]") {
  FakeClock clock;
  Lifecycle lifecycle({}, Places(1), 7);
  lifecycle.Begin(clock.Mono());
  Micros wait{0};
  for (int i = 0; i < 10; ++i) {
    REQUIRE(Due(lifecycle, clock.Mono()).size() == 1);
    lifecycle.Opened(0, clock.Mono());
    lifecycle.Ended(0, Ending::kServer, false, clock.Mono());
    wait = *lifecycle.Next() - clock.Mono();
    clock.Advance(wait);
  }
  CHECK(wait >= 10s);
  // Ten quiet seconds are a working stream: an empty service has nothing to say.
  REQUIRE(Due(lifecycle, clock.Mono()).size() == 1);
  lifecycle.Opened(0, clock.Mono());
  clock.Advance(10s);
  lifecycle.Ended(0, Ending::kServer, false, clock.Mono());
  CHECK(*lifecycle.Next() - clock.Mono() <= 125ms);
}

TEST_CASE("Lives end one after another, not together, and no later than allowed", "[lifecycle]") {
  FakeClock clock;
  Lifecycle lifecycle({.max_lifetime = 10s}, Places(10), 1);
  lifecycle.Begin(clock.Mono());
  REQUIRE(Due(lifecycle, clock.Mono()).size() == 10);
  for (std::uint32_t i = 0; i < 10; ++i) lifecycle.Opened(i, clock.Mono());
  for (std::uint32_t i = 0; i < 10; ++i) {
    clock.Advance(1s);
    REQUIRE(Due(lifecycle, clock.Mono()) == std::vector<Lifecycle::Action>{{i, Kind::kReset}});
  }
  // A later life is a whole one.
  lifecycle.Ended(3, Ending::kReset, true, clock.Mono());
  clock.Advance(125ms);
  REQUIRE(Due(lifecycle, clock.Mono()) == std::vector<Lifecycle::Action>{{3, Kind::kOpen}});
  lifecycle.Opened(3, clock.Mono());
  CHECK(lifecycle.Next() == clock.Mono() + 10s);
}

TEST_CASE("The reset interval closes every open stream, again and again", "[lifecycle]") {
  FakeClock clock;
  Lifecycle lifecycle({.reset_interval = 60s}, Places(3), 1);
  lifecycle.Begin(clock.Mono());
  REQUIRE(Due(lifecycle, clock.Mono()).size() == 3);
  lifecycle.Opened(0, clock.Mono());
  lifecycle.Opened(2, clock.Mono());  // 1 is still connecting
  for (int round = 0; round < 3; ++round) {
    clock.Advance(60s);
    const auto due = Due(lifecycle, clock.Mono());
    REQUIRE(due.size() == 2);
    CHECK(due[0].kind == Kind::kReset);
    CHECK(Due(lifecycle, clock.Mono()).empty());
  }
}

TEST_CASE("While draining nothing is reset, but what ends is opened again", "[lifecycle]") {
  FakeClock clock;
  Lifecycle lifecycle({.max_lifetime = 5s, .reset_interval = 6s}, Places(1), 1);
  lifecycle.Begin(clock.Mono());
  REQUIRE(Due(lifecycle, clock.Mono()).size() == 1);
  lifecycle.Opened(0, clock.Mono());
  lifecycle.KeepOpen();
  clock.Advance(20s);
  CHECK(Due(lifecycle, clock.Mono()).empty());
  lifecycle.Ended(0, Ending::kServer, true, clock.Mono());
  clock.Advance(125ms);
  CHECK(Due(lifecycle, clock.Mono()) == std::vector<Lifecycle::Action>{{0, Kind::kOpen}});
}
