#include "base/time.h"

#include <catch2/catch.hpp>

namespace dst_load {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNoon{1'795'521'600s + 123'456us};

TEST_CASE("A time is written and read as Kubernetes does", "[time]") {
  CHECK(FormatTime(kNoon) == "2026-11-24T12:00:00.123456Z");
  CHECK(FormatTimeSeconds(kNoon) == "2026-11-24T12:00:00Z");
  CHECK(ParseTime(FormatTime(kNoon)).value() == kNoon);
  CHECK(ParseTime("2026-11-24T12:00:00Z").value() == kNoon - 123'456us);
  CHECK(ParseTime("2026-11-24T12:00:00.5Z").value() == kNoon - 123'456us + 500ms);
  CHECK(ParseTime("2026-11-24T12:00:00.123456789Z").value() == kNoon);
}

TEST_CASE("A time before 1970 keeps its fraction positive", "[time]") {
  const WallTime before{-1us};
  CHECK(FormatTime(before) == "1969-12-31T23:59:59.999999Z");
  CHECK(ParseTime(FormatTime(before)).value() == before);
}

TEST_CASE("An offset to UTC is honoured", "[time]") {
  CHECK(ParseTime("2026-11-24T14:00:00+02:00").value() == kNoon - 123'456us);
  CHECK(ParseTime("2026-11-24T06:30:00.5-05:30").value() == kNoon - 123'456us + 500ms);
}

TEST_CASE("What is no time is refused", "[time]") {
  for (const char* bad : {"", "now", "2026-11-24", "2026-11-24T12:00:00", "2026-11-24T12:00:00Zx",
                          "2026-11-24T12:00:00.Z", "2026-11-24T12:00:00+0200", "2026-11-24T12:00:00+02:00x"}) {
    INFO(bad);
    const auto parsed = ParseTime(bad);
    REQUIRE_FALSE(parsed);
    CHECK(IsInvalid(parsed.error()));
  }
}

TEST_CASE("A fake clock stands still until it is moved", "[time]") {
  FakeClock clock(kNoon);
  const auto mono = clock.Mono();
  CHECK(clock.Wall() == kNoon);
  clock.Advance(5s);
  CHECK(clock.Wall() == kNoon + 5s);
  CHECK(clock.Mono() == mono + 5s);
}

TEST_CASE("The machine's monotonic clock does not go back", "[time]") {
  const auto first = SystemClock().Mono();
  CHECK(SystemClock().Mono() >= first);
}

}  // namespace
}  // namespace dst_load
