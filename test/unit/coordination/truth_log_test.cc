#include "coordination/truth_log.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "base/random.h"

namespace dst_load::coordination {
namespace {

measure::Endpoint Pod(int n) { return {"10.0.0." + std::to_string(n), 8080, "pod-" + std::to_string(n)}; }
measure::Change Add(measure::Seq seq, int n, std::uint32_t service = 0) { return {seq, service, Pod(n), true, {}, {}}; }
measure::Change Remove(measure::Seq seq, int n, std::uint32_t service = 0) {
  return {seq, service, Pod(n), false, {}, {}};
}

TEST_CASE("Changes fold into the state, which stays sorted", "[truth]") {
  TruthLog log;
  log.Reset({10, {{Pod(5), Pod(2)}, {}}});
  const std::vector changes{Add(11, 3), Remove(12, 5), Add(13, 9, 1)};
  REQUIRE(log.Append(changes).has_value());
  REQUIRE(log.Last() == 13);
  REQUIRE(log.State().services == std::vector<std::vector<measure::Endpoint>>{{Pod(2), Pod(3)}, {Pod(9)}});
  REQUIRE(log.Base().seq == 10);
}

TEST_CASE("A Pod at an address that another one had is another endpoint", "[truth]") {
  TruthLog log;
  log.Reset({0, {{{"10.0.0.1", 80, "old"}}}});
  const std::vector<measure::Change> changes{{1, 0, {"10.0.0.1", 80, "new"}, true, {}, {}},
                                             {2, 0, {"10.0.0.1", 80, "old"}, false, {}, {}}};
  REQUIRE(log.Append(changes).has_value());
  REQUIRE(log.State().services[0] == std::vector<measure::Endpoint>{{"10.0.0.1", 80, "new"}});
}

TEST_CASE("Repeated history is skipped, and a hole changes nothing", "[truth]") {
  TruthLog log;
  log.Reset({0, {{}}});
  REQUIRE(log.Append(std::vector{Add(1, 1), Add(2, 2)}).has_value());
  REQUIRE(log.Append(std::vector{Add(1, 1), Add(2, 2), Add(3, 3)}).has_value());
  REQUIRE(log.Last() == 3);
  REQUIRE(IsInvalid(log.Append(std::vector{Add(5, 5)}).error()));
  REQUIRE(IsInvalid(log.Append(std::vector{Add(4, 4), Add(6, 6)}).error()));
  REQUIRE(IsInvalid(log.Append(std::vector{Add(4, 4, 7)}).error()));
  REQUIRE(log.Last() == 3);
  REQUIRE(log.State().services[0].size() == 3);
}

TEST_CASE("Nothing is appended before there is a state", "[truth]") {
  TruthLog log;
  REQUIRE(IsInvalid(log.Append(std::vector{Add(1, 1)}).error()));
  REQUIRE_FALSE(log.Known());
  REQUIRE_FALSE(log.Since(0, 10).has_value());
}

TEST_CASE("History is told from where one is, in pieces, and only as far back as it is kept", "[truth]") {
  TruthLog log(4);
  log.Reset({0, {{}}});
  for (int i = 1; i <= 6; ++i) REQUIRE(log.Append(std::vector{Add(static_cast<measure::Seq>(i), i)}).has_value());
  REQUIRE(log.Base().seq == 2);
  REQUIRE(log.Base().services[0].size() == 2);
  REQUIRE_FALSE(log.Since(1, 10).has_value());
  REQUIRE_FALSE(log.Since(7, 10).has_value());
  REQUIRE(log.Since(6, 10)->empty());
  const auto piece = log.Since(2, 3).value();
  REQUIRE(piece.size() == 3);
  REQUIRE(piece.front().seq == 3);
}

TEST_CASE("State before the history plus the history is the state, however long both are", "[truth]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  TruthLog log(50);
  log.Reset({0, {{}, {}, {}}});
  for (measure::Seq seq = 1; seq <= 500; ++seq) {
    const auto service = static_cast<std::uint32_t>(random.Below(3));
    const auto pod = static_cast<int>(random.Below(20));
    const bool held = std::ranges::count(log.State().services[service], Pod(pod)) > 0;
    REQUIRE(log.Append(std::vector{held ? Remove(seq, pod, service) : Add(seq, pod, service)}).has_value());
    TruthLog copy;
    copy.Reset(log.Base());
    REQUIRE(copy.Append(*log.Since(log.Base().seq, 1000)).has_value());
    REQUIRE(copy.Last() == seq);
    REQUIRE(copy.State().services == log.State().services);
  }
}

}  // namespace
}  // namespace dst_load::coordination
