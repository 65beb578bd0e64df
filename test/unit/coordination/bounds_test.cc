#include <limits>

#include <catch2/catch.hpp>

#include "coordination/flood_guard.h"
#include "coordination/truth_log.h"
#include "coordination/wire.h"
#include "run_fixture.h"

namespace dst_load::coordination::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("A burst is let in, a flood is not, and quiet makes room again", "[bounds]") {
  FloodGuard guard(10, 100);
  MonoTime now{1h};
  for (int i = 0; i < 100; ++i) REQUIRE(guard.Admit(now));
  REQUIRE_FALSE(guard.Admit(now));
  now += 1s;
  for (int i = 0; i < 10; ++i) REQUIRE(guard.Admit(now));
  REQUIRE_FALSE(guard.Admit(now));
  now += 24h;
  for (int i = 0; i < 100; ++i) REQUIRE(guard.Admit(now));
  REQUIRE_FALSE(guard.Admit(now));
}

TEST_CASE("A run holds so many bytes of reports, and newer ones make room for themselves", "[bounds]") {
  RunSpec spec;
  spec.max_report_bytes = 1000;
  Run run(spec);
  const MonoTime now{1h};
  REQUIRE(run.Attach(1, {false, "one", "", {}}, now));
  REQUIRE(run.Attach(2, {false, "two", "", {}}, now));
  ClientReport report;
  report.packed = std::string(600, 'x');
  for (std::uint64_t i = 0; i < 10; ++i) REQUIRE(run.OnClient(1, report, i, now));
  const auto refused = run.OnClient(2, report, 1, now);
  REQUIRE_FALSE(refused);
  REQUIRE(refused.error().code == Code::kThrottled);
  report.packed = std::string(400, 'x');
  REQUIRE(run.OnClient(2, report, 2, now));
}

TEST_CASE("Reports of the gone that a checkpoint brings take their room, too", "[bounds]") {
  RunSpec spec;
  spec.max_report_bytes = 1000;
  Run run(spec);
  const MonoTime now{1h};
  ClientReport report;
  report.packed = std::string(600, 'x');
  Saved saved;
  saved.workers["gone"].client = std::make_shared<const ClientReport>(report);
  run.Restore(saved, now);
  REQUIRE(run.Attach(1, {false, "one", "", {}}, now));
  REQUIRE(run.OnClient(1, report, 1, now).error().code == Code::kThrottled);
  REQUIRE(run.Attach(2, {false, "gone", "", {}}, now));
  REQUIRE(run.OnClient(2, report, 1, now));
}

TEST_CASE("A truth holds so many endpoints; what goes makes room for what comes", "[bounds]") {
  TruthLog log(10, 3);
  const auto change = [](measure::Seq seq, const char* ip, bool added) {
    return std::vector<measure::Change>{{seq, 0, {ip, 80, "pod"}, added, {}, {}}};
  };
  log.Reset({0, {{{"10.0.0.1", 80, "pod"}}}});
  REQUIRE(log.Append(change(1, "10.0.0.2", true)));
  REQUIRE(log.Append(change(2, "10.0.0.3", true)));
  const auto refused = log.Append(change(3, "10.0.0.4", true));
  REQUIRE_FALSE(refused);
  REQUIRE(refused.error().code == Code::kThrottled);
  REQUIRE(log.Last() == 2);
  REQUIRE(log.Append(change(3, "10.0.0.2", false)));
  REQUIRE(log.Append(change(4, "10.0.0.4", true)));
}

TEST_CASE("Impossible instants and spans are brought to where they can be calculated with", "[bounds]") {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  REQUIRE(TimeFromWire(kLeast) == WallTime{});
  REQUIRE(TimeFromWire(kMost) - TimeFromWire(kLeast) > 24h);
  REQUIRE(TimeFromWire(1'800'000'000'000'000) == WallTime{1'800'000'000s});
  REQUIRE(SpanFromWire(kMost) * 4096 > Micros{0});
  REQUIRE(SpanFromWire(kLeast) * 4096 < Micros{0});
  REQUIRE(SpanFromWire(-7) == Micros{-7});
}

}  // namespace
}  // namespace dst_load::coordination::test
