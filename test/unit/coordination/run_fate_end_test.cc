// What becomes of a run's clients at its end.
#include <catch2/catch.hpp>

#include "coordination/checkpoint.h"
#include "run_fixture.h"

namespace dst_load::coordination::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("A run does not wait for a client that went before the start, and gives up what that waited for",
          "[run][fate]") {
  Bench bench;
  const auto early = bench.Client("early");
  bench.Report(early, 3, false, 4);
  bench.run.Detach(early, bench.now);
  bench.Begin();
  CHECK(FateIn(bench.View(), "early") == Fate::kAway);
  SECTION("nor does another coordinator, with no room for its figures") {
    const auto saved = DecodeCheckpoint(EncodeCheckpoint(bench.run.Save(), 1)).value();
    CHECK_FALSE(saved.workers.contains("early"));
  }
  bench.Progress(bench.churn, ChurnStep::kFinished, 3);
  bench.Report(bench.one, 5, true);
  bench.Report(bench.two, 5, true);
  REQUIRE(bench.run.CurrentStage() == Stage::kConcluded);
  CHECK(FateIn(bench.View(), "early") == Fate::kLeft);
  CHECK(bench.View().facts.clients_lost == 0);
  CHECK(bench.View().facts.abandoned == bench.View().clients.Total().pending);
}

TEST_CASE("A drain waits for a client that is away, and not for one that is lost", "[run][fate]") {
  Bench bench;
  bench.Begin();
  bench.run.Detach(bench.two, bench.now);
  bench.Progress(bench.churn, ChurnStep::kFinished, 3);
  bench.Report(bench.one, 5, true);
  REQUIRE(bench.run.CurrentStage() == Stage::kDraining);
  SECTION("also where as many as are wanted have concluded") {
    bench.run.Expect(1, 5, bench.now);
    REQUIRE(bench.run.CurrentStage() == Stage::kDraining);
    bench.run.EndClient("two", "its Pod is gone", bench.now);
  }
  SECTION("it is lost") {
    bench.run.EndClient("two", "its Pod is gone", bench.now);
    REQUIRE(bench.run.CurrentStage() == Stage::kConcluded);
    CHECK(bench.View().facts.clients_lost == 1);
  }
  SECTION("it comes back") {
    bench.Report(bench.Client("two"), 5, true);
    REQUIRE(bench.run.CurrentStage() == Stage::kConcluded);
    CHECK(bench.View().facts.clients_lost == 0);
  }
  // Whoever goes now is done.
  bench.run.Detach(bench.one, bench.now);
  bench.Pass(1h);
  const auto lost = bench.View().facts.clients_lost;
  bench.run.Tick(bench.now);
  CHECK(bench.View().facts.clients_lost == lost);
}

TEST_CASE("A run that concludes without a client has lost it, wherever it is", "[run][fate]") {
  Bench bench;
  bench.spec.drain_deadline = Run::kMayReturn / 2;
  bench.run = Run(bench.spec);
  bench.Begin();
  bench.Report(bench.two, 5, false, 7);
  SECTION("it is away") { bench.run.Detach(bench.two, bench.now); }
  SECTION("it is there, and does not deliver") {}
  bench.Progress(bench.churn, ChurnStep::kFinished, 3);
  bench.Report(bench.one, 5, true);
  REQUIRE(bench.run.CurrentStage() == Stage::kDraining);
  CHECK(bench.View().facts.clients_lost == 0);
  bench.Pass(bench.spec.drain_deadline);
  bench.run.Tick(bench.now);
  REQUIRE(bench.run.CurrentStage() == Stage::kConcluded);
  const std::vector<std::string> lost{"pod-of-two: did not deliver its final figures"};
  CHECK(bench.View().facts.clients_lost == 1);
  CHECK(bench.View().facts.lost == lost);
  CHECK(bench.View().facts.abandoned == 7);
  const auto saved = DecodeCheckpoint(EncodeCheckpoint(bench.run.Save())).value();
  CHECK(saved.workers.at("two").ended);
  CHECK(saved.workers.at("two").why == "did not deliver its final figures");
  // Nobody joins any more, and so nobody goes.
  const auto late = bench.Client("late");
  bench.Report(late, 5, false, 3);
  bench.run.Detach(late, bench.now);
  bench.run.EndClient("late", "its Pod is gone", bench.now);
  CHECK(bench.View().facts.abandoned == 7);
  // Coming back is too late, but for its figures.
  const auto back = bench.Client("two");
  CHECK(Count<DrainDirective>(bench.Told(back)) == 1);
  CHECK(bench.View().facts.lost == lost);
  bench.Report(back, 5, true);
  CHECK(bench.View().facts.clients_lost == 0);
}

TEST_CASE("At the end there are the streams of those that concluded, also of those that are added up", "[run][fate]") {
  Bench bench;
  bench.Begin();
  bench.run.Detach(bench.two, bench.now);
  const auto again = bench.Client("two-again");
  bench.Report(again, 0);
  bench.run.EndClient("two", "OOMKilled", bench.now);
  bench.Progress(bench.churn, ChurnStep::kFinished, 3);
  bench.Report(bench.one, 5, true);
  CHECK(bench.View().facts.streams_at_end == 5);
  bench.Report(again, 3, true);
  REQUIRE(bench.run.CurrentStage() == Stage::kConcluded);
  CHECK(bench.View().facts.streams_peak == 10);
  CHECK(bench.View().facts.streams_at_end == 8);
  bench.run.Detach(bench.one, bench.now);
  bench.run.Detach(again, bench.now);
  for (const std::size_t room : {kCheckpointBytes, std::size_t{1}}) {
    Bench next;
    next.run.Restore(DecodeCheckpoint(EncodeCheckpoint(bench.run.Save(), room)).value(), next.now);
    CHECK(next.View().facts.streams_at_end == 8);
    Bench third;
    third.run.Restore(DecodeCheckpoint(EncodeCheckpoint(next.run.Save(), room)).value(), third.now);
    CHECK(third.View().facts.streams_at_end == 8);
  }
}

}  // namespace
}  // namespace dst_load::coordination::test
