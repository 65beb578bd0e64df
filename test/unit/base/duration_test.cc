#include "base/duration.h"

#include <catch2/catch.hpp>

#include "base/random.h"

namespace dst_load {
namespace {

using namespace std::chrono_literals;

TEST_CASE("Durations are read with every unit, summed and with fractions", "[duration]") {
  CHECK(ParseDuration("250ms").value() == 250ms);
  CHECK(ParseDuration("10us").value() == 10us);
  CHECK(ParseDuration("1h30m").value() == 90min);
  CHECK(ParseDuration("1.5s").value() == 1500ms);
  CHECK(ParseDuration("0").value() == 0s);
  CHECK(ParseDuration("0s").value() == 0s);
}

TEST_CASE("What is no duration is refused", "[duration]") {
  for (const char* bad :
       {"", "5", "-5s", "+5s", "5 s", "s", "1e3s", "5x", "1h-30m", "inf", "nans", "99999999999h", ".5s"}) {
    INFO(bad);
    const auto parsed = ParseDuration(bad);
    REQUIRE_FALSE(parsed);
    CHECK(IsInvalid(parsed.error()));
  }
}

TEST_CASE("A formatted duration reads back to itself", "[duration]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  for (int i = 0; i < 10'000; ++i) {
    const Micros span{static_cast<std::int64_t>(random.Below(std::uint64_t{1} << (random.Below(40) + 1)))};
    INFO(span.count() << " us as " << FormatDuration(span));
    REQUIRE(ParseDuration(FormatDuration(span)).value() == span);
  }
}

TEST_CASE("Durations are written as a person would", "[duration]") {
  CHECK(FormatDuration(5min) == "5m");
  CHECK(FormatDuration(90min) == "1h30m");
  CHECK(FormatDuration(1500ms) == "1.5s");
  CHECK(FormatDuration(250ms) == "250ms");
  CHECK(FormatDuration(12us) == "12us");
  CHECK(FormatDuration(0s) == "0s");
  CHECK(FormatDuration(-5s) == "-5s");
}

TEST_CASE("For people three digits are enough", "[duration]") {
  CHECK(HumanDuration(1234us) == "1.23ms");
  CHECK(HumanDuration(45'612ms) == "45.6s");
  CHECK(HumanDuration(123'400ms) == "2m3s");
  CHECK(HumanDuration(7us) == "7us");
  CHECK(HumanDuration(999'400us) == "999ms");
  CHECK(HumanDuration(999'600us) == "1s");
  CHECK(HumanDuration(59'980ms) == "1m");
}

}  // namespace
}  // namespace dst_load
