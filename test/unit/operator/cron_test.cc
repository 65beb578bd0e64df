#include "operator/cron.h"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "base/random.h"
#include "base/time.h"
#include "test/unit/operator/zones.h"

namespace dst_load::op {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Instant At(const char* text) { return std::chrono::floor<std::chrono::seconds>(ParseTime(text).value()); }
std::string Text(std::optional<Instant> at) { return at ? FormatTimeSeconds(*at) : "never"; }
CronSchedule Cron(const std::string& text) { return CronSchedule::Parse(text).value(); }
std::string Next(const char* text, const char* after, const TimeZone& zone = TimeZone::Utc()) {
  return Text(Cron(text).Next(At(after), zone));
}

TEST_CASE("A schedule's next time is the first after now that fits every field", "[cron]") {
  CHECK(Next("* * * * *", "2026-01-01T00:00:00Z") == "2026-01-01T00:01:00Z");
  CHECK(Next("*/15 * * * *", "2026-01-01T00:01:30Z") == "2026-01-01T00:15:00Z");
  CHECK(Next("5-10/5,59 3 * * *", "2026-01-01T03:05:00Z") == "2026-01-01T03:10:00Z");
  CHECK(Next("30 2 * * mon-FRI", "2026-01-02T03:00:00Z") == "2026-01-05T02:30:00Z");
  CHECK(Next("0 0 * * 7", "2026-01-01T00:00:00Z") == "2026-01-04T00:00:00Z");
  CHECK(Next("0 0 29 feb *", "2026-01-01T00:00:00Z") == "2028-02-29T00:00:00Z");
  CHECK(Next("0 0 30 2 *", "2026-01-01T00:00:00Z") == "never");
  CHECK(Next("10/20 * * * *", "2026-01-01T00:31:00Z") == "2026-01-01T00:50:00Z");
}

TEST_CASE("When both days are given, either will do", "[cron]") {
  CHECK(Next("0 0 13 * 5", "2026-01-01T00:00:00Z") == "2026-01-02T00:00:00Z");
  CHECK(Next("0 0 3 * 5", "2026-01-02T00:00:00Z") == "2026-01-03T00:00:00Z");
  CHECK(Next("0 0 13 * *", "2026-01-01T00:00:00Z") == "2026-01-13T00:00:00Z");
}

TEST_CASE("Macros stand for their fields", "[cron]") {
  CHECK(Next("@hourly", "2026-03-01T10:20:00Z") == "2026-03-01T11:00:00Z");
  CHECK(Next("@daily", "2026-03-01T10:20:00Z") == "2026-03-02T00:00:00Z");
  CHECK(Next("@midnight", "2026-03-01T10:20:00Z") == "2026-03-02T00:00:00Z");
  CHECK(Next("@weekly", "2026-03-02T10:20:00Z") == "2026-03-08T00:00:00Z");
  CHECK(Next("@monthly", "2026-03-02T10:20:00Z") == "2026-04-01T00:00:00Z");
  CHECK(Next("@yearly", "2026-03-02T10:20:00Z") == "2027-01-01T00:00:00Z");
  CHECK(Next("@annually", "2026-03-02T10:20:00Z") == "2027-01-01T00:00:00Z");
}

TEST_CASE("What is no schedule is refused, and the field is named", "[cron]") {
  for (const char* bad : {"", "* * * *", "* * * * * *", "@often"}) {
    INFO(bad);
    CHECK_THAT(CronSchedule::Parse(bad).error().message, Catch::Contains("fields, not 5"));
  }
  const auto message = [](const char* text) { return CronSchedule::Parse(text).error().message; };
  for (const char* bad : {"60", "-1", "1-", "5-3", "*/0", "*/60", "1/2/3", "1-2-3", "x", ",", "1,,2", "1e1"}) {
    INFO(bad);
    CHECK_THAT(message(fmt::format("{} * * * *", bad).c_str()), Catch::StartsWith("minute: "));
  }
  CHECK_THAT(message("0 24 * * *"), Catch::StartsWith("hour: "));
  CHECK_THAT(message("0 0 0 * *"), Catch::StartsWith("day of the month: "));
  CHECK_THAT(message("0 0 1 mon *"), Catch::StartsWith("month: "));
  CHECK_THAT(message("0 0 1 1 jan"), Catch::StartsWith("day of the week: "));
}

TEST_CASE("What the clocks skip does not happen", "[cron]") {
  const TimeZone berlin = zones::Berlin();
  // 2026-03-29: from 02:00 +01:00 to 03:00 +02:00
  CHECK(Next("30 2 * * *", "2026-03-28T02:00:00Z", berlin) == "2026-03-30T00:30:00Z");
  CHECK(Next("0 3 * * *", "2026-03-28T12:00:00Z", berlin) == "2026-03-29T01:00:00Z");
  CHECK(Next("30 * * * *", "2026-03-29T00:30:00Z", berlin) == "2026-03-29T01:30:00Z");
}

TEST_CASE("What comes twice happens once, unless it is for every hour", "[cron]") {
  const TimeZone berlin = zones::Berlin();
  // 2026-10-25: from 03:00 +02:00 to 02:00 +01:00
  CHECK(Next("30 2 * * *", "2026-10-24T12:00:00Z", berlin) == "2026-10-25T00:30:00Z");
  CHECK(Next("30 2 * * *", "2026-10-25T00:30:00Z", berlin) == "2026-10-26T01:30:00Z");
  CHECK(Next("30 * * * *", "2026-10-25T00:30:00Z", berlin) == "2026-10-25T01:30:00Z");
}

/// A field at random, as people write them.
std::string RandomField(Random& random, int least, int most) {
  const auto value = [&] {
    return least + static_cast<int>(random.Below(static_cast<std::uint64_t>(most - least + 1)));
  };
  const int a = value(), b = value();
  switch (random.Below(5)) {
    case 0:
      return std::to_string(a);
    case 1:
      return fmt::format("{}-{}", std::min(a, b), std::max(a, b));
    case 2:
      return fmt::format("*/{}", std::max(1, a));
    case 3:
      return fmt::format("{},{}", a, b);
    default:
      return "*";
  }
}

TEST_CASE("Next and Last agree with looking at every minute, whatever the clocks do", "[cron]") {
  // Skipping and repeating an hour, half an hour, and a day's end.
  const TimeZone all[] = {zones::Berlin(), zones::WithRule("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"),
                          zones::WithRule("<-01>1<+00>,M3.5.0/-1,M10.5.0/0"), TimeZone::Utc()};
  const Instant changes[] = {At("2026-03-29T01:00:00Z"), At("2026-10-25T01:00:00Z"), At("2026-04-04T15:00:00Z"),
                             At("2026-10-03T15:30:00Z")};
  Random random(7);
  for (int round = 0; round < 300; ++round) {
    const TimeZone& zone = all[random.Below(4)];
    const Instant begin = changes[random.Below(4)] - hours{12} - minutes{random.Below(1440)};
    const std::string text =
        fmt::format("{} {} {} {} {}", RandomField(random, 0, 59), RandomField(random, 0, 23),
                    random.Below(2) == 0 ? "*" : RandomField(random, 1, 31), RandomField(random, 3, 10),
                    random.Below(2) == 0 ? "*" : RandomField(random, 0, 6));
    INFO(text << " from " << Text(begin));
    const CronSchedule cron = Cron(text);
    const Instant end = begin + hours{60};
    std::vector<Instant> wanted, found;
    for (Instant at = begin + minutes{1}; at <= end; at += minutes{1}) {
      if (cron.Matches(at, zone.SpanAt(at))) wanted.push_back(at);
    }
    for (auto at = cron.Next(begin, zone); at && *at <= end; at = cron.Next(*at, zone)) found.push_back(*at);
    REQUIRE(found == wanted);
    const auto last = cron.Last(begin, end, zone);
    REQUIRE(last.has_value() == !wanted.empty());
    if (last) REQUIRE(*last == wanted.back());
  }
}

}  // namespace
}  // namespace dst_load::op
