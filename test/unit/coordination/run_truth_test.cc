#include <catch2/catch.hpp>

#include "run_fixture.h"

namespace dst_load::coordination::test {
namespace {

TEST_CASE("A new client is told the state, and then the changes", "[run]") {
  Bench bench;
  const auto churn = bench.Churn("churn");
  const auto one = bench.Client("one");
  REQUIRE(Count<TruthUpdate>(bench.Told(one)) == 0);
  REQUIRE(bench.SetState(churn, 0).has_value());
  REQUIRE(bench.Publish(churn, 1, 10).has_value());
  auto told = First<TruthUpdate>(bench.Told(one));
  REQUIRE(told.state->seq == 10);
  REQUIRE(told.state->services[0].size() == 10);
  REQUIRE(told.changes.empty());
  REQUIRE(bench.Publish(churn, 11, 12).has_value());
  told = First<TruthUpdate>(bench.Told(one));
  REQUIRE_FALSE(told.state.has_value());
  REQUIRE(told.changes.size() == 2);
  REQUIRE(Count<TruthUpdate>(bench.Told(one)) == 0);
}

TEST_CASE("Much history comes in batches, all of it in order", "[run]") {
  Bench bench;
  const auto churn = bench.Churn("churn");
  REQUIRE(bench.SetState(churn, 0).has_value());
  const auto one = bench.Client("one", 0);
  REQUIRE(bench.Publish(churn, 1, 2500).has_value());
  measure::Seq seq = 0;
  for (const auto& directive : bench.Told(one)) {
    const auto* update = std::get_if<TruthUpdate>(&directive);
    if (update == nullptr) continue;
    REQUIRE(update->changes.size() <= Run::kTruthBatch);
    for (const auto& change : update->changes) REQUIRE(change.seq == ++seq);
  }
  REQUIRE(seq == 2500);
}

TEST_CASE("A client that comes back is told what it missed, and the state when that is gone", "[run]") {
  Bench bench;
  const auto churn = bench.Churn("churn");
  REQUIRE(bench.SetState(churn, 100).has_value());
  REQUIRE(bench.Publish(churn, 101, 120).has_value());
  const auto near = First<TruthUpdate>(bench.Told(bench.Client("near", 115)));
  REQUIRE_FALSE(near.state.has_value());
  REQUIRE(near.changes.front().seq == 116);
  const auto far = First<TruthUpdate>(bench.Told(bench.Client("far", 50)));
  REQUIRE(far.state->seq == 120);
  REQUIRE(Count<TruthUpdate>(bench.Told(bench.Client("current", 120))) == 0);
}

TEST_CASE("A client that asks is told the state", "[run]") {
  Bench bench;
  bench.Begin();
  REQUIRE(bench.run.OnTruthRequest(bench.one, bench.now).has_value());
  REQUIRE(First<TruthUpdate>(bench.Told(bench.one)).state.has_value());
}

TEST_CASE("A new coordinator waits for churn when clients know more than it does", "[run]") {
  Bench bench;
  const auto one = bench.Client("one", 500);
  const auto churn = bench.Churn("churn");
  REQUIRE_FALSE(First<WelcomeDirective>(bench.Told(churn)).truth_seq.has_value());
  // State before the history, then the history, in pieces.
  REQUIRE(bench.SetState(churn, 0).has_value());
  REQUIRE(bench.Publish(churn, 1, 300).has_value());
  REQUIRE(Count<TruthUpdate>(bench.Told(one)) == 0);
  REQUIRE(bench.Publish(churn, 301, 510).has_value());
  const auto told = First<TruthUpdate>(bench.Told(one));
  REQUIRE_FALSE(told.state.has_value());
  REQUIRE(told.changes.front().seq == 501);
}

TEST_CASE("Truth with a hole ends churn's session and changes nothing", "[run]") {
  Bench bench;
  bench.Begin();
  REQUIRE(bench.Publish(bench.churn, 1, 5).has_value());
  REQUIRE(IsInvalid(bench.Publish(bench.churn, 7, 8).error()));
  REQUIRE(bench.Publish(bench.churn, 4, 6).has_value());
  REQUIRE(First<TruthUpdate>(bench.Told(bench.one)).changes.size() == 6);
}

TEST_CASE("Churn that contradicts what was known makes every client start from its state", "[run]") {
  Bench bench;
  bench.Begin();
  REQUIRE(bench.Publish(bench.churn, 1, 5).has_value());
  bench.Told(bench.one);
  SECTION("by going back") { REQUIRE(bench.SetState(bench.churn, 2).has_value()); }
  SECTION("by another state at the same place") { REQUIRE(bench.SetState(bench.churn, 5).has_value()); }
  const auto told = First<TruthUpdate>(bench.Told(bench.one));
  REQUIRE(told.state.has_value());
  REQUIRE(told.state->services[0].empty());
}

TEST_CASE("Churn that takes over goes on behind what any client knows, so that no number is used twice", "[run]") {
  Bench bench;
  Saved saved;
  saved.started = true;
  saved.truth = measure::TruthState{300, {{}}};
  bench.run.Restore(std::move(saved), bench.now);
  const auto one = bench.Client("one", 500);
  const auto churn = bench.Churn("churn-2");
  const auto welcome = First<WelcomeDirective>(bench.Told(churn));
  REQUIRE(welcome.truth_seq == measure::Seq{300});
  REQUIRE(welcome.welcome.truth->state->seq == 501);
  REQUIRE(bench.SetState(churn, 501).has_value());
  REQUIRE(bench.Publish(churn, 502, 503).has_value());
  REQUIRE(First<TruthUpdate>(bench.Told(one)).state->seq == 503);
}

}  // namespace
}  // namespace dst_load::coordination::test
