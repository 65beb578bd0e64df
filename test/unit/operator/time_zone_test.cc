#include "operator/time_zone.h"

#include <ctime>

#include <catch2/catch.hpp>

#include "base/random.h"
#include "operator/posix_tz.h"
#include "test/support/temp_dir.h"
#include "test/unit/operator/zones.h"

namespace dst_load::op {
namespace {

using std::chrono::seconds;

long long OffsetAt(const TimeZone& zone, long long at) { return zone.SpanAt(Instant{seconds{at}}).offset.count(); }

/// What the C library says, which reads the same files.
class LibraryZone {
 public:
  explicit LibraryZone(const std::string& name) {
    setenv("TZ", (":" + name).c_str(), 1);
    tzset();
  }
  ~LibraryZone() {
    unsetenv("TZ");
    tzset();
  }
  long long OffsetAt(long long at) const {
    const std::time_t time = at;
    std::tm local{};
    localtime_r(&time, &local);
    return local.tm_gmtoff;
  }
};

TEST_CASE("Offsets are those that the C library finds, for any time of these zones", "[time_zone]") {
  Random random(11);
  for (const char* name :
       {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca",
        "America/Sao_Paulo", "Pacific/Apia", "Europe/Dublin", "Antarctica/Troll"}) {
    INFO(name);
    const auto zone = LoadTimeZone(name);
    INFO((zone ? "" : zone.error().message));
    REQUIRE(zone);
    const LibraryZone library(name);
    for (int i = 0; i < 2000; ++i) {
      const auto at = static_cast<long long>(random.Below(4'000'000'000ULL));  // 1970 to 2096
      INFO(at);
      REQUIRE(OffsetAt(*zone, at) == library.OffsetAt(at));
    }
  }
}

TEST_CASE("A footer's rule holds where a file has no transitions", "[time_zone]") {
  const TimeZone berlin = zones::Berlin();
  CHECK(OffsetAt(berlin, 1'774'745'999) == 3600);  // 2026-03-29T00:59:59Z
  CHECK(OffsetAt(berlin, 1'774'746'000) == 7200);
  CHECK(OffsetAt(berlin, 1'792'889'999) == 7200);  // 2026-10-25T00:59:59Z
  CHECK(OffsetAt(berlin, 1'792'890'000) == 3600);
  const ZoneSpan& winter = berlin.SpanAt(Instant{seconds{1'792'890'000}});
  CHECK(winter.IsRepeated(Instant{seconds{1'792'890'000}}));
  CHECK(winter.IsRepeated(Instant{seconds{1'792'893'599}}));
  CHECK_FALSE(winter.IsRepeated(Instant{seconds{1'792'893'600}}));
}

TEST_CASE("Rules are read in every form that POSIX has", "[time_zone]") {
  const auto fixed = PosixTz::Parse("<+0530>-5:30");
  REQUIRE(fixed);
  CHECK(fixed->standard == seconds{19'800});
  CHECK_FALSE(fixed->summer.has_value());
  const auto days = PosixTz::Parse("AAA3BBB2:30,J60/0,59/-1:30:15");
  REQUIRE(days);
  CHECK(days->standard == seconds{-10'800});
  CHECK(days->summer->offset == seconds{-9'000});
  // J60 is the first of March in any year, and 59 the sixtieth day of it.
  using namespace std::chrono;
  CHECK(days->summer->begin.In(2024y) == local_days(2024y / 3 / 1));
  CHECK(days->summer->begin.In(2025y) == local_days(2025y / 3 / 1));
  CHECK(days->summer->end.In(2024y) == local_days(2024y / 2 / 29) - seconds{5415});
  CHECK(PosixTz::Parse("EST5EDT,M3.2.0,M11.1.0")->summer->begin.In(2026y) == local_days(2026y / 3 / 8) + hours{2});
  for (const char* bad :
       {"", "CET", "C-1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J5", "CET-1x", "<+1-1"}) {
    INFO(bad);
    CHECK_FALSE(PosixTz::Parse(bad));
  }
}

TEST_CASE("A file that is cut short anywhere, or is none, is refused", "[time_zone]") {
  const std::string whole = zones::File("CET-1CEST,M3.5.0,M10.5.0/3");
  REQUIRE(TimeZone::Parse(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    INFO(length);
    CHECK_FALSE(TimeZone::Parse(whole.substr(0, length)));
  }
  CHECK_FALSE(TimeZone::Parse("root:x:0:0"));
}

TEST_CASE("Bytes that are changed at random are read or refused, and never more", "[time_zone]") {
  const std::string whole = zones::File("CET-1CEST,M3.5.0,M10.5.0/3");
  Random random(3);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = whole;
    for (int i = 0; i < 3; ++i) bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
    if (const auto zone = TimeZone::Parse(bytes)) CHECK_FALSE(OffsetAt(*zone, 0) > 604'800LL * 4000);
  }
}

TEST_CASE("A zone is found by its name, and a name cannot lead elsewhere", "[time_zone]") {
  const test_support::TempDir folder;
  folder.Write("Home", zones::File("AAA-2"));
  const std::string path = folder.Path("");
  CHECK(LoadTimeZone("Home", path));
  CHECK(LoadTimeZone("", path));
  CHECK(LoadTimeZone("UTC", path));
  CHECK(LoadTimeZone("Away", path).error().code == Code::kNotFound);
  for (const char* bad : {"../Home", "/Home", ".", "a b", "a//b"}) {
    INFO(bad);
    CHECK(LoadTimeZone(bad, path).error().code == Code::kInvalid);
  }
}

}  // namespace
}  // namespace dst_load::op
