#include "workers/calibrate/options.h"

#include <catch2/catch.hpp>

namespace dst_load::workers::calibrate {
namespace {

using namespace std::chrono_literals;

std::string Refusal(const CalibrateFlags& flags) {
  const auto options = CheckCalibrateFlags(flags, 2);
  REQUIRE_FALSE(options);
  CHECK(IsInvalid(options.error()));
  return options.error().message;
}

TEST_CASE("Without flags there are four cells, ten streams a service", "[calibrate]") {
  const auto options = CheckCalibrateFlags({}, 8);
  REQUIRE(options);
  CHECK(options->cells == std::vector<Cell>{{1'000, 100, 10'000, 10s},
                                            {1'000, 100, 100'000, 10s},
                                            {10'000, 1'000, 10'000, 10s},
                                            {10'000, 1'000, 100'000, 10s}});
  CHECK(options->threads == 2);
  CHECK_FALSE(options->json);
  CHECK(CheckCalibrateFlags({}, 1)->threads == 1);
}

TEST_CASE("Streams are dealt out evenly, to services that are not more than they", "[calibrate]") {
  CalibrateFlags flags;
  flags.updates_per_second = {10'000};
  const auto services = [&](std::uint32_t streams, std::uint32_t asked) {
    flags.streams = {streams};
    flags.services = asked;
    const auto options = CheckCalibrateFlags(flags, 2);
    REQUIRE(options);
    return options->cells.at(0).services;
  };
  CHECK(services(25, 0) == 5);
  CHECK(services(7, 0) == 1);
  CHECK(services(13, 0) == 13);
  CHECK(services(20, 100) == 20);
  CHECK(services(20, 4) == 4);
}

TEST_CASE("A bad flag is named", "[calibrate]") {
  CalibrateFlags flags;
  flags.streams = {1'000, 0};
  CHECK_THAT(Refusal(flags), Catch::StartsWith("--streams: "));
  flags = {};
  flags.streams = {1'000};
  flags.services = 3;
  CHECK_THAT(Refusal(flags), Catch::StartsWith("--streams: "));
  flags = {};
  flags.updates_per_second = {0};
  CHECK_THAT(Refusal(flags), Catch::StartsWith("--updates-per-second: "));
  flags = {};
  flags.services = 10'001;
  CHECK_THAT(Refusal(flags), Catch::StartsWith("--services: "));
  flags = {};
  flags.threads = 257;
  CHECK_THAT(Refusal(flags), Catch::StartsWith("--threads: "));
  flags = {};
  for (const Micros span : {Micros{0}, Micros{-1}, Micros{2h}, Micros{1us}}) {
    flags.duration = span;
    CHECK_THAT(Refusal(flags), Catch::StartsWith("--duration: "));
  }
}

TEST_CASE("The server's arguments are those of its cell", "[calibrate]") {
  CHECK(NullDestinationArguments({20, 4, 200, 1500ms}) ==
        std::vector<std::string>{"calibrate", "--null-destination", "--streams=20", "--services=4",
                                 "--updates-per-second=200", "--duration=1.5s"});
}

}  // namespace
}  // namespace dst_load::workers::calibrate
