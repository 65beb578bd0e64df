#include "workers/client/farewell.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "coordination/retry_pause.h"
#include "coordination/worker_session.h"

using namespace dst_load;
using namespace dst_load::workers;
using namespace std::chrono_literals;
using coordination::RetryPause;

namespace {

/// An assumption: what the coordinator takes to keep a last report and acknowledge it. Its news are gathered twice, and
/// then written; nothing holds it to this.
constexpr Micros kKeeping = 1s;

/// When, after it was told to end, a client that lost the coordinator `lost` before reaches it again, if the
/// coordinator is back after `back`. Attempts that fail do so at once.
Micros Reached(Micros lost, Micros back, std::uint64_t seed) {
  const coordination::SessionOptions session;
  RetryPause pause(session.backoff_min, session.backoff_max, seed);
  Micros now = -lost;
  bool welcomed = true;
  while (now < 0us) {
    now += pause.Next(welcomed, false);
    welcomed = false;
  }
  now = 0us;  // being told ends the pause
  while (now < back) now += pause.Next(false, true);
  return now;
}

}  // namespace

TEST_CASE("A client that ends while the coordinator is away for 5 s delivers its last report", "[farewell]") {
  Random random(7);
  Micros longest{0};
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const Micros lost{static_cast<Micros::rep>(1 + random.Below(60'000'000))};
    longest = std::max(longest, Reached(lost, 5s, seed));
  }
  CHECK(longest > 5s);
  CHECK(longest + kKeeping <= FarewellPatience(true));
}

TEST_CASE("What a client waits for the coordinator leaves it time to end its streams", "[farewell]") {
  CHECK(FarewellPatience(true) + 2s <= kTermination);
  CHECK(FarewellPatience(false) < FarewellPatience(true));
}
