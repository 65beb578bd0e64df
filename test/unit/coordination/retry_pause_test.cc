#include "coordination/retry_pause.h"

#include <catch2/catch.hpp>

namespace dst_load::coordination::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("Pauses double up to the longest, half of each by chance, and a session begins them anew", "[link]") {
  RetryPause pause(200ms, 5s, 1);
  const auto within = [&](bool welcomed, Micros whole) {
    const Micros next = pause.Next(welcomed, false);
    CHECK(next >= whole / 2);
    CHECK(next <= whole);
  };
  for (const Micros whole : {200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms}) within(false, whole);
  within(true, 200ms);
  within(false, 400ms);
}

TEST_CASE("Who is in a hurry makes no long pauses, and no shorter ones than others", "[link]") {
  RetryPause pause(200ms, 5s, 1);
  CHECK(pause.Next(true, true) <= 200ms);
  for (int i = 0; i < 10; ++i) {
    const Micros next = pause.Next(false, true);
    CHECK(next >= 200ms);
    CHECK(next <= RetryPause::kHurried);
  }
  CHECK(pause.Next(false, false) >= 2500ms);
}

}  // namespace
}  // namespace dst_load::coordination::test
