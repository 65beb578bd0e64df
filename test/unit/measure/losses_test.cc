#include "measure/losses.h"

#include <catch2/catch.hpp>

#include "base/random.h"

namespace dst_load::measure {
namespace {

using namespace std::chrono_literals;

/// A run of ten clients of which some were lost; what those waited for is all that is pending.
struct Run {
  Criteria criteria;
  RunFacts facts{true, true, 10, 10, 100, 100};
  ClientSnapshot clients;
  ChurnSnapshot churn;

  Run() {
    auto& counts = clients.services[0];
    counts.due = counts.credited = 1000;
    counts.destination.Record(30ms, 1000);
    clients.streams_created = 100;
    facts.streams_at_end = 100;
    churn.changes = 10;
  }
  void Lose(std::uint64_t count, std::uint64_t pending) {
    facts.clients_lost += count;
    for (std::uint64_t i = 0; i < count; ++i) facts.lost.push_back("x-client-" + std::to_string(facts.lost.size()));
    facts.abandoned += pending;
    clients.services[0].pending += pending;
    clients.services[0].due += pending;
  }
  Verdict Judged() const { return Judge(criteria, facts, clients, churn); }
};

TEST_CASE("Clients that are lost up to the limit let a run pass, and are told of", "[verdict][losses]") {
  Run run;
  run.Lose(1, 12);
  run.facts.lost[0] += ": OOMKilled, exit code 137";
  const Verdict verdict = run.Judged();
  CHECK(verdict.outcome == Outcome::kPass);
  CHECK(verdict.reason == "CriteriaMet");
  CHECK_THAT(verdict.message, Catch::Contains("1 of 10 clients was lost (x-client-0: OOMKilled, exit code 137)") &&
                                  Catch::Contains("12 updates were given up with the clients that were lost"));
}

TEST_CASE("More of them make it Inconclusive, whatever else holds", "[verdict][losses]") {
  Run run;
  run.Lose(2, 0);
  const Verdict verdict = run.Judged();
  CHECK(verdict.outcome == Outcome::kInconclusive);
  CHECK(verdict.reason == "ClientsLost");
  CHECK_THAT(verdict.message, Catch::Contains("2 of 10 clients were lost (x-client-0; x-client-1)"));
  SECTION("but what is definitely wrong fails it") {
    run.clients.violations[0] = 1;
    CHECK(run.Judged().outcome == Outcome::kFail);
  }
  SECTION("and another limit, another verdict") {
    run.criteria.max_lost_percent = 20;
    CHECK(run.Judged().outcome == Outcome::kPass);
  }
}

TEST_CASE("What is pending on clients that are there is not given up", "[verdict][losses]") {
  Run run;
  run.Lose(1, 12);
  run.clients.services[0].pending += 3;
  run.clients.services[0].due += 3;
  const Verdict verdict = run.Judged();
  CHECK(verdict.outcome == Outcome::kInconclusive);
  CHECK(verdict.reason == "UpdatesPending");
  CHECK_THAT(verdict.message, Catch::StartsWith("3 updates were neither seen nor given up"));
}

TEST_CASE("A lost client that nobody replaced does not deliver, and need not", "[verdict][losses]") {
  Run run;
  run.Lose(1, 0);
  run.facts.clients_concluded = 9;
  CHECK(run.Judged().outcome == Outcome::kPass);
  run.facts.clients_concluded = 8;
  CHECK(run.Judged().reason == "ClientsLost");
  CHECK_THAT(run.Judged().message, Catch::Contains("only 8 of 10 clients delivered"));
}

TEST_CASE("More clients than the run wants at its end may deliver, and no more streams are due", "[verdict][losses]") {
  Run run;
  run.facts.clients_expected = 5;
  run.facts.streams_expected = 50;
  run.facts.clients_most = 10;
  run.facts.streams_at_end = 50;
  CHECK(run.Judged().outcome == Outcome::kPass);
}

TEST_CASE("What retired clients waited for is given up, and they are not lost", "[verdict][losses]") {
  Run run;
  run.facts.clients_retired = 5;
  run.Lose(0, 7);
  const Verdict verdict = run.Judged();
  CHECK(verdict.outcome == Outcome::kPass);
  CHECK_THAT(verdict.message, Catch::EndsWith("7 updates were given up with the clients that were retired"));
  CHECK(GivenUpText(RunFacts{}).empty());
}

TEST_CASE("What is given up counts as later than all that was measured", "[verdict][losses]") {
  Run run;
  run.criteria.destination.p99 = 100ms;
  // p99 of 1000 and 10 more is the last of the 1000; one more, and it is none of them.
  run.Lose(1, 10);
  CHECK(run.Judged().outcome == Outcome::kPass);
  run.Lose(0, 1);
  const Verdict verdict = run.Judged();
  CHECK(verdict.outcome == Outcome::kInconclusive);
  CHECK(verdict.reason == "UpdatesAbandoned");
  CHECK_THAT(verdict.message, Catch::StartsWith("destination.p99 is 30ms, but with the 11 updates that were given up"));
  CHECK(verdict.criteria.back().result == Outcome::kInconclusive);
  SECTION("with the clocks' error taken both ways, as without them") {
    run.clients.services[0].destination.Record(95ms, 10);
    run.clients.services[0].pending = run.facts.abandoned = 5;
    run.clients.clock_error = 1ms;
    CHECK(run.Judged().outcome == Outcome::kPass);
    run.clients.clock_error = 10ms;
    CHECK(run.Judged().reason == "UpdatesAbandoned");
  }
  SECTION("what fails without them fails") {
    run.criteria.destination.p99 = 10ms;
    CHECK(run.Judged().reason == "DestinationP99");
  }
}

TEST_CASE("A quantile that passes only by the place of what is given up does not pass", "[verdict][losses]") {
  Run run;
  run.criteria.end_to_end.p95 = 100ms;
  auto& samples = run.clients.services[0].end_to_end;
  samples.Record(30ms, 960);
  samples.Record(200ms, 40);
  CHECK(run.Judged().outcome == Outcome::kPass);
  run.Lose(1, 20);
  CHECK(run.Judged().reason == "UpdatesAbandoned");
}

TEST_CASE("Streams of a client that took another's place must have held the truth", "[verdict][losses]") {
  Run run;
  run.Lose(1, 0);
  run.facts.streams_at_end = 99;
  CHECK(run.Judged().outcome == Outcome::kInconclusive);
  CHECK(run.Judged().reason == "StreamsShort");
  CHECK_THAT(run.Judged().message, Catch::StartsWith("only 99 of 100 streams had held the whole truth at the end"));
  SECTION("but nobody misses those of a client that may be missing") {
    run.facts.clients_concluded = 9;
    run.facts.streams_at_end = 90;
    CHECK(run.Judged().outcome == Outcome::kPass);
    run.facts.streams_at_end = 89;
    CHECK(run.Judged().reason == "StreamsShort");
  }
  SECTION("nor of a run that did not get that far") {
    run.facts.finished = false;
    CHECK(run.Judged().reason == "NotFinished");
  }
}

TEST_CASE("The largest of all is not known once anything was given up", "[verdict][losses]") {
  Run run;
  run.criteria.destination.max = 100ms;
  run.Lose(1, 0);
  CHECK(run.Judged().outcome == Outcome::kPass);
  run.Lose(0, 1);
  CHECK(run.Judged().reason == "UpdatesAbandoned");
  run.criteria.destination.max = 10ms;
  CHECK(run.Judged().outcome == Outcome::kFail);
}

TEST_CASE("The share is of the most clients that the run had", "[losses]") {
  RunFacts facts;
  facts.clients_expected = 2;
  facts.clients_lost = 1;
  CHECK(TooManyLost(10, facts));
  facts.clients_most = 10;
  CHECK_FALSE(TooManyLost(10, facts));
  CHECK(TooManyLost(9.9, facts));
  facts.clients_lost = 0;
  CHECK_FALSE(TooManyLost(0, facts));
}

TEST_CASE("What is exactly at the limit is not over it, for every limit with six decimals", "[losses]") {
  const std::uint64_t seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  RunFacts facts;
  for (int i = 0; i < 10'000; ++i) {
    // lost of 1000 is so many tenths of a percent
    facts.clients_expected = 1000;
    facts.clients_lost = 1 + random.Below(1000);
    const double percent =
        std::stod(std::to_string(facts.clients_lost / 10) + "." + std::to_string(facts.clients_lost % 10));
    REQUIRE_FALSE(TooManyLost(percent, facts));
    REQUIRE(TooManyLost(percent - 0.000001, facts));
  }
}

TEST_CASE("Of many that are lost the first are named", "[losses]") {
  Run run;
  run.Lose(7, 0);
  CHECK_THAT(LossesText(run.facts), Catch::EndsWith("; x-client-4; and 2 more)"));
}

}  // namespace
}  // namespace dst_load::measure
