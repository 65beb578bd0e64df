#include "workers/reference/delay_line.h"

#include <latch>
#include <vector>

#include <catch2/catch.hpp>

using namespace dst_load;
using namespace dst_load::workers::reference;
using namespace std::chrono_literals;

namespace {

struct Sleeper final : DelayLine::Sleeper {
  explicit Sleeper(std::latch& l) : latch(l) {}
  void Awake() override {
    awake = SystemClock().Mono();
    latch.count_down();
  }
  std::latch& latch;
  MonoTime awake{};
};

}  // namespace

TEST_CASE("Sleepers wake in the order of their instants, and not before them", "[delay]") {
  DelayLine line(SystemClock());
  std::latch all(3);
  Sleeper first(all), second(all), third(all);
  const MonoTime now = SystemClock().Mono();
  line.Sleep(third, now + 40ms);
  line.Sleep(first, now);
  line.Sleep(second, now + 20ms);
  all.wait();
  CHECK(first.awake >= now);
  CHECK(second.awake >= now + 20ms);
  CHECK(third.awake >= now + 40ms);
  CHECK(first.awake <= second.awake);
  CHECK(second.awake <= third.awake);
}

TEST_CASE("Who is cancelled is not woken", "[delay]") {
  std::latch one(1);
  Sleeper cancelled(one), later(one);
  DelayLine line(SystemClock());
  line.Sleep(cancelled, SystemClock().Mono() + 1h);
  line.Sleep(later, SystemClock().Mono() + 1ms);
  CHECK(line.Cancel(cancelled));
  CHECK_FALSE(line.Cancel(cancelled));
  one.wait();
  CHECK(cancelled.awake == MonoTime{});
}
