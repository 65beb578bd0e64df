#include "coordination/checkpoint.h"

#include <catch2/catch.hpp>

#include "run_fixture.h"

namespace dst_load::coordination::test {
namespace {

TEST_CASE("A run goes on from its checkpoint: the counts of the gone, the stage, the truth, the peak", "[checkpoint]") {
  Bench bench;
  bench.Begin();
  REQUIRE(bench.Publish(bench.churn, 1, 3).has_value());
  bench.Progress(bench.churn, ChurnStep::kHoldMin, 2, 3);
  bench.Report(bench.two, 5, false, 20);
  bench.run.Detach(bench.two, bench.now);
  bench.run.EndClient("two", "OOMKilled", bench.now);
  bench.run.Detach(bench.churn, bench.now);

  auto saved = DecodeCheckpoint(EncodeCheckpoint(bench.run.Save()));
  REQUIRE(saved.has_value());
  Bench next;
  next.run.Restore(std::move(*saved), next.now);
  const auto view = next.View();
  REQUIRE(view.stage == Stage::kRunning);
  REQUIRE(view.facts.started);
  REQUIRE(view.facts.streams_peak == 10);
  REQUIRE(view.progress.cycle == 2);
  REQUIRE(view.clients.Total().credited == 80);
  REQUIRE(view.facts.abandoned == 20);
  REQUIRE(view.churn.changes == 10);
  REQUIRE(view.facts.lost == std::vector<std::string>{"pod-of-two: OOMKilled"});
  REQUIRE(view.workers_lost == 3);  // among them the one that was there, until it is back
  REQUIRE(view.workers.size() == 3);

  // The one that was attached brings its own counts; the lost one may come back.
  next.Report(next.Client("one"), 5);
  next.Report(next.Client("two"), 5, false, 10);
  REQUIRE(next.View().clients.Total().credited == 190);
  const auto welcome = First<WelcomeDirective>(next.Told(next.Churn("churn-2"))).welcome;
  REQUIRE(welcome.last_progress->step == ChurnStep::kHoldMin);
  REQUIRE(welcome.truth->state->services[0].size() == 3);
}

TEST_CASE("A checkpoint of finished churn goes on draining", "[checkpoint]") {
  Bench bench;
  bench.Begin();
  bench.Progress(bench.churn, ChurnStep::kFinished, 3, 9);
  Bench next;
  next.run.Restore(DecodeCheckpoint(EncodeCheckpoint(bench.run.Save())).value(), next.now);
  REQUIRE(next.run.CurrentStage() == Stage::kDraining);
  REQUIRE(First<DrainDirective>(next.Told(next.Client("one"))).last_seq == 9);
}

TEST_CASE("What should be kept changes when a worker is gone, a stage is passed or a cycle is complete",
          "[checkpoint]") {
  Bench bench;
  bench.Begin();
  auto kept = bench.run.SaveRevision();
  bench.Report(bench.one, 5);
  bench.Progress(bench.churn, ChurnStep::kHoldMax);
  REQUIRE(bench.run.SaveRevision() == kept);
  bench.Report(bench.Client("three"), 5);  // to be missed if it goes
  REQUIRE(bench.run.SaveRevision() > kept);
  kept = bench.run.SaveRevision();
  bench.Progress(bench.churn, ChurnStep::kScaleUp, 1);
  REQUIRE(bench.run.SaveRevision() > kept);
  kept = bench.run.SaveRevision();
  bench.run.Detach(bench.two, bench.now);
  REQUIRE(bench.run.SaveRevision() > kept);
  kept = bench.run.SaveRevision();
  bench.Progress(bench.churn, ChurnStep::kFinished, 1);
  REQUIRE(bench.run.SaveRevision() > kept);
}

TEST_CASE("Gone clients that have no room are added up, and can not come back to be counted twice", "[checkpoint]") {
  Bench bench;
  bench.Begin();
  bench.Report(bench.one, 5, true);
  bench.Report(bench.two, 5, false, 20);
  bench.run.Detach(bench.one, bench.now);
  bench.run.Detach(bench.two, bench.now);
  bench.run.EndClient("two", "OOMKilled", bench.now);
  const auto bytes = EncodeCheckpoint(bench.run.Save(), 1);
  for (int pass = 0; pass < 2; ++pass) {
    Bench next;
    next.run.Restore(DecodeCheckpoint(bytes).value(), next.now);
    // Folded once, it stays folded: in a checkpoint with room, and in one without.
    if (pass == 1) {
      const auto again = EncodeCheckpoint(next.run.Save(), 1);
      Bench third;
      third.run.Restore(DecodeCheckpoint(again).value(), third.now);
      REQUIRE(third.View().clients == next.View().clients);
      REQUIRE(third.View().facts.clients_concluded == 1);
      REQUIRE(third.View().facts.lost == std::vector<std::string>{"pod-of-two: OOMKilled"});
    }
    const auto view = next.View();
    REQUIRE(view.facts.lost == std::vector<std::string>{"pod-of-two: OOMKilled"});
    REQUIRE(view.clients.Total().credited == 180);
    REQUIRE(view.facts.abandoned == 20);
    REQUIRE(view.facts.clients_concluded == 1);
    REQUIRE(view.workers_lost == 1);
    REQUIRE(next.run.Attach(77, {false, "two", "pod", {}}, next.now).error().code == Code::kConflict);
  }
}

TEST_CASE("A client that may come back is never added up: it brings its figures, or is lost without them",
          "[checkpoint]") {
  Bench bench;
  bench.Begin();
  bench.Report(bench.one, 5, false, 10);
  bench.Report(bench.two, 5, false, 20);
  bench.run.Detach(bench.one, bench.now);
  bench.run.Detach(bench.two, bench.now);
  Bench next;
  next.run.Restore(DecodeCheckpoint(EncodeCheckpoint(bench.run.Save(), 1)).value(), next.now);
  CHECK(next.View().clients.Total().credited == 0);
  next.Report(next.Client("one"), 5, false, 10);
  next.Pass(Run::kMayReturn);
  next.run.Tick(next.now);
  CHECK(next.View().clients.Total().credited == 90);
  CHECK(next.View().facts.lost == std::vector<std::string>{"pod-of-two"});
}

TEST_CASE("A client that comes back makes a checkpoint with its old figures stale, and so does scaling up",
          "[checkpoint]") {
  Bench bench;
  bench.Begin();
  bench.run.Detach(bench.two, bench.now);
  auto kept = bench.run.SaveRevision();
  bench.Client("two");
  CHECK(bench.run.SaveRevision() > kept);
  kept = bench.run.SaveRevision();
  bench.run.Expect(5, 25, bench.now);
  CHECK(bench.run.SaveRevision() > kept);
}

TEST_CASE("What is no checkpoint is refused", "[checkpoint]") {
  REQUIRE(IsInvalid(DecodeCheckpoint("\xFF\xFF").error()));
  REQUIRE(EncodeCheckpoint(Saved{}).empty());
  REQUIRE(DecodeCheckpoint("").has_value());
}

}  // namespace
}  // namespace dst_load::coordination::test
