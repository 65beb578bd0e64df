#include "workers/calibrate/cell.h"

#include <set>

#include <catch2/catch.hpp>

#include "measure/ledger.h"

namespace dst_load::workers::calibrate {
namespace {

using namespace std::chrono_literals;

const WallTime kStart{std::chrono::hours{24 * 365 * 50}};

TEST_CASE("A cell's changes come at even intervals, at the rate that was asked for", "[calibrate]") {
  const Cell cell{1'000, 100, 10'000, 10s};
  CHECK(cell.StreamsPerService() == 10);
  CHECK(cell.UpdatesPerChange() == 100);
  CHECK(cell.Changes() == 1'000);
  CHECK(cell.Updates() == 100'000);
  CHECK(cell.At(0) == 0us);
  CHECK(cell.At(1) == 10ms);
  CHECK(cell.At(999) == 9'990ms);
}

TEST_CASE("Intervals that are no whole microseconds add up to no drift", "[calibrate]") {
  const Cell cell{3, 1, 90'000, 10s};  // 30 updates a change, 3,000 changes a second
  CHECK(cell.Changes() == 30'000);
  CHECK(cell.At(1) == 333us);
  CHECK(cell.At(3'000) == 1s);
  CHECK(cell.At(29'999) < cell.duration);
}

TEST_CASE("No change of a cell lies at or beyond its end, and one more would", "[calibrate]") {
  for (const Cell& cell : {Cell{20, 20, 200, 1s}, Cell{10'000, 1'000, 100'000, 7s}, Cell{7, 7, 333, 2500ms}}) {
    REQUIRE(cell.Changes() > 0);
    CHECK(cell.At(cell.Changes() - 1) < cell.duration);
    CHECK(cell.At(cell.Changes() + 1) >= cell.duration);
  }
}

TEST_CASE("Services take turns, and each adds its guests before it removes them", "[calibrate]") {
  const Cell cell{30, 3, 1'000, 10s};
  for (std::uint64_t change = 0; change < 12; ++change) {
    CHECK(cell.ServiceOf(change) == change % 3);
    CHECK(cell.Adds(change) == (change / 3 % 2 == 0));
  }
}

TEST_CASE("Every endpoint of every service is another one", "[calibrate]") {
  std::set<std::string> ips;
  const std::uint32_t services = 1'000;
  for (std::uint32_t i = 0; i < services; ++i) {
    ips.insert(Cell::Keeper(i).ip);
    for (const auto& guest : Cell::Guests(i)) ips.insert(guest.ip);
  }
  CHECK(ips.size() == services * 11);
}

TEST_CASE("The truth of a schedule is whole, and a ledger that is told what is sent credits all of it", "[calibrate]") {
  const Cell cell{4, 2, 400, 1s};
  measure::Ledger ledger(cell.services, {});
  ledger.SetTruth(cell.Start());
  const auto see = [](const std::vector<measure::Endpoint>& endpoints) {
    std::vector<measure::Sighting> seen;
    for (const auto& endpoint : endpoints) seen.push_back({endpoint.ip, endpoint.port, endpoint.pod});
    return seen;
  };
  for (std::uint32_t i = 0; i < cell.streams; ++i) {
    const std::vector<measure::Endpoint> keeper{Cell::Keeper(i % 2)};
    ledger.AddStream(i % 2);
    ledger.Opened(i, MonoTime{1s}, kStart);
    ledger.Observe(i, see(keeper), {}, false, kStart, MonoTime{1s});
  }
  for (std::uint64_t change = 0; change < cell.Changes(); ++change) {
    REQUIRE(ledger.ApplyChanges(cell.Truth(change, kStart)));
    const auto guests = Cell::Guests(cell.ServiceOf(change));
    const auto seen = see(guests);
    for (std::uint32_t i = cell.ServiceOf(change); i < cell.streams; i += 2) {
      const WallTime t2 = kStart + cell.At(change) + 100us;
      if (cell.Adds(change)) {
        ledger.Observe(i, seen, {}, false, t2, MonoTime{2s});
      } else {
        ledger.Observe(i, {}, seen, false, t2, MonoTime{2s});
      }
    }
  }
  const measure::ServiceCounts total = ledger.Snapshot().Total();
  CHECK(total.due == cell.Updates());
  CHECK(total.credited == cell.Updates());
  CHECK(total.coalesced == 0);
  CHECK(total.destination.Max() == 100us);
}

TEST_CASE("A cell whose streams cannot be dealt out, or that has no change, is refused by flag", "[calibrate]") {
  CHECK(CheckCell({1'000, 100, 10'000, 10s}));
  const auto uneven = CheckCell({10, 3, 1'000, 10s});
  REQUIRE_FALSE(uneven);
  CHECK_THAT(uneven.error().message, Catch::StartsWith("--streams: 10 ") && Catch::Contains("--services=3"));
  const auto none = CheckCell({1'000, 1, 1'000, 1s});
  REQUIRE_FALSE(none);
  CHECK_THAT(none.error().message, Catch::StartsWith("--duration: ") && Catch::Contains("10000 updates"));
}

}  // namespace
}  // namespace dst_load::workers::calibrate
