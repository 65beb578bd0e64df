#include <catch2/catch.hpp>

#include "run_fixture.h"

namespace dst_load::coordination::test {
namespace {

TEST_CASE("Churn starts only when it is ready and every expected client has joined with all its streams", "[run]") {
  Bench bench;
  const auto churn = bench.Churn("churn");
  const auto one = bench.Client("one");
  const auto two = bench.Client("two");
  bench.Progress(churn, ChurnStep::kCreating);
  bench.Report(one, 5);
  bench.Report(two, 5);
  REQUIRE(bench.run.CurrentStage() == Stage::kGathering);
  bench.Report(two, 4);
  bench.Progress(churn, ChurnStep::kReady);
  REQUIRE(bench.run.CurrentStage() == Stage::kGathering);
  REQUIRE(Count<StartDirective>(bench.Told(churn)) == 0);
  bench.run.Expect(2, 11, bench.now);
  bench.Report(two, 5);
  REQUIRE(bench.run.CurrentStage() == Stage::kGathering);
  bench.run.Expect(2, 10, bench.now);
  REQUIRE(bench.run.CurrentStage() == Stage::kRunning);
  REQUIRE(Count<StartDirective>(bench.Told(churn)) == 1);
  REQUIRE(Count<StartDirective>(bench.Told(churn)) == 0);
  REQUIRE(bench.View().facts.started);
}

TEST_CASE("Clients that left do not count at the barrier, and fewer expected ones may be enough", "[run]") {
  Bench bench;
  const auto churn = bench.Churn("churn");
  const auto one = bench.Client("one");
  const auto two = bench.Client("two");
  bench.Report(one, 5);
  bench.Report(two, 5);
  bench.run.Detach(two, bench.now);
  bench.Progress(churn, ChurnStep::kReady);
  REQUIRE(bench.run.CurrentStage() == Stage::kGathering);
  bench.run.Expect(1, 5, bench.now);
  REQUIRE(bench.run.CurrentStage() == Stage::kRunning);
}

TEST_CASE("Churn that was ready and left is waited for at the barrier", "[run]") {
  Bench bench;
  const auto churn = bench.Churn("churn");
  bench.Progress(churn, ChurnStep::kReady);
  bench.run.Detach(churn, bench.now);
  bench.Report(bench.Client("one"), 5);
  bench.Report(bench.Client("two"), 5);
  REQUIRE(bench.run.CurrentStage() == Stage::kGathering);
  bench.Churn("churn");
  REQUIRE(bench.run.CurrentStage() == Stage::kRunning);
}

TEST_CASE("A client whose target is still zero has not joined", "[run]") {
  Bench bench;
  bench.run.Expect(1, 0, bench.now);
  const auto churn = bench.Churn("churn");
  bench.Progress(churn, ChurnStep::kReady);
  const auto one = bench.Client("one");
  REQUIRE(bench.run.OnClient(one, PackClient({}, {}), 1, bench.now).has_value());
  REQUIRE(bench.run.CurrentStage() == Stage::kGathering);
}

TEST_CASE("Finished churn drains every client, late ones too, and all conclusions conclude the run", "[run]") {
  Bench bench;
  bench.Begin();
  bench.Progress(bench.churn, ChurnStep::kFinished, 3, 42);
  REQUIRE(bench.run.CurrentStage() == Stage::kDraining);
  REQUIRE(First<DrainDirective>(bench.Told(bench.one)).last_seq == 42);
  REQUIRE(Count<DrainDirective>(bench.Told(bench.one)) == 0);
  const auto late = bench.Client("late");
  REQUIRE(First<DrainDirective>(bench.Told(late)).last_seq == 42);

  bench.Report(bench.one, 5, true);
  bench.Report(bench.two, 5, true);
  REQUIRE(bench.run.CurrentStage() == Stage::kDraining);  // the late one is still at it
  REQUIRE_FALSE(bench.View().facts.finished);
  bench.Report(late, 5, true);
  REQUIRE(bench.run.CurrentStage() == Stage::kConcluded);
  REQUIRE(bench.View().facts.finished);
  REQUIRE(bench.View().facts.clients_concluded == 3);
}

TEST_CASE("A client that concluded and left has concluded", "[run]") {
  Bench bench;
  bench.Begin();
  bench.Progress(bench.churn, ChurnStep::kFinished);
  bench.Report(bench.one, 5, true);
  bench.run.Detach(bench.one, bench.now);
  bench.Report(bench.two, 5, true);
  REQUIRE(bench.run.CurrentStage() == Stage::kConcluded);
  REQUIRE(bench.View().workers_lost == 0);
}

TEST_CASE("The drain deadline concludes a run whose clients do not", "[run]") {
  Bench bench;
  bench.Begin();
  bench.Progress(bench.churn, ChurnStep::kFinished);
  bench.Report(bench.one, 5, true);
  bench.Pass(std::chrono::seconds{89});
  bench.run.Tick(bench.now);
  REQUIRE(bench.run.CurrentStage() == Stage::kDraining);
  bench.Pass(std::chrono::seconds{1});
  bench.run.Tick(bench.now);
  REQUIRE(bench.run.CurrentStage() == Stage::kConcluded);
  REQUIRE(bench.View().facts.clients_concluded == 1);
  REQUIRE(bench.View().facts.clients_expected == 2);
}

TEST_CASE("A drain waits for clients that are still to come", "[run]") {
  Bench bench;
  const auto one = bench.Client("one");
  bench.Progress(bench.Churn("churn"), ChurnStep::kFinished);
  bench.Report(one, 5, true);
  REQUIRE(bench.run.CurrentStage() == Stage::kDraining);
  bench.Report(bench.Client("two"), 5, true);
  REQUIRE(bench.run.CurrentStage() == Stage::kConcluded);
}

TEST_CASE("A stop before the barrier drains at once, and the run has never started", "[run]") {
  Bench bench;
  const auto churn = bench.Churn("churn");
  REQUIRE(bench.SetState(churn, 7).has_value());
  bench.Progress(churn, ChurnStep::kReady);
  const auto one = bench.Client("one");
  bench.run.Expect(1, 5, bench.now);
  bench.run.Stop(bench.now);
  REQUIRE(bench.run.CurrentStage() == Stage::kDraining);
  const auto told = bench.Told(churn);
  REQUIRE(Count<StopDirective>(told) == 1);
  REQUIRE(Count<StartDirective>(told) == 0);
  REQUIRE(First<DrainDirective>(bench.Told(one)).last_seq == 7);
  bench.Progress(churn, ChurnStep::kFinished);
  bench.Report(one, 5, true);
  REQUIRE(bench.run.CurrentStage() == Stage::kConcluded);
  REQUIRE_FALSE(bench.View().facts.started);
  REQUIRE_FALSE(bench.View().facts.finished);
}

TEST_CASE("A stop while running waits for churn's last step, also for churn that attaches later", "[run]") {
  Bench bench;
  bench.Begin();
  bench.run.Detach(bench.churn, bench.now);
  bench.run.Stop(bench.now);
  REQUIRE(bench.run.CurrentStage() == Stage::kRunning);
  const auto churn = bench.Churn("churn");
  bench.Progress(churn, ChurnStep::kReady);  // it is not started any more
  const auto told = bench.Told(churn);
  REQUIRE(Count<StopDirective>(told) == 1);
  REQUIRE(Count<StartDirective>(told) == 0);
  bench.Progress(churn, ChurnStep::kHoldMax);
  REQUIRE(Count<StopDirective>(bench.Told(churn)) == 0);
  bench.Progress(churn, ChurnStep::kFinished);
  REQUIRE(bench.run.CurrentStage() == Stage::kDraining);
}

TEST_CASE("A suspension is told to churn when it changes, and with the welcome to churn that attaches later", "[run]") {
  Bench bench;
  bench.Begin();
  bench.Told(bench.churn);
  bench.run.Suspend(true, bench.now);
  bench.run.Suspend(true, bench.now);
  CHECK(bench.View().suspended);
  auto told = bench.Told(bench.churn);
  REQUIRE(Count<PaceDirective>(told) == 1);
  CHECK(First<PaceDirective>(told).suspended);
  CHECK(Count<PaceDirective>(bench.Told(bench.one)) == 0);
  CHECK(bench.run.CurrentStage() == Stage::kRunning);

  bench.run.Detach(bench.churn, bench.now);
  const auto churn = bench.Churn("churn-2");
  told = bench.Told(churn);
  CHECK(First<WelcomeDirective>(told).welcome.suspended);
  CHECK(Count<PaceDirective>(told) == 0);
  bench.run.Suspend(false, bench.now);
  told = bench.Told(churn);
  REQUIRE(Count<PaceDirective>(told) == 1);
  CHECK_FALSE(First<PaceDirective>(told).suspended);
}

TEST_CASE("A run that is suspended from its beginning passes the barrier, but churn knows before it is started",
          "[run]") {
  Bench bench;
  bench.run.Suspend(true, bench.now);
  bench.Begin();
  REQUIRE(bench.run.CurrentStage() == Stage::kRunning);
  const auto churn = bench.Churn("churn-2");
  CHECK(First<WelcomeDirective>(bench.Told(churn)).welcome.suspended);
}

TEST_CASE("Failed churn keeps its stage and tells why, until the run is stopped", "[run]") {
  Bench bench;
  bench.Begin();
  ChurnReport report;
  report.progress.step = ChurnStep::kFailed;
  report.progress.reason = "QuotaExceeded";
  report.progress.message = "pods are forbidden";
  REQUIRE(bench.run.OnChurn(bench.churn, report, 2, bench.now).has_value());
  REQUIRE(bench.run.CurrentStage() == Stage::kRunning);
  REQUIRE(bench.View().trouble == "pods are forbidden");
  bench.run.Stop(bench.now);
  REQUIRE(bench.run.CurrentStage() == Stage::kDraining);
  REQUIRE(Count<StopDirective>(bench.Told(bench.churn)) == 0);
  bench.Report(bench.one, 5, true);
  bench.Report(bench.two, 5, true);
  REQUIRE(bench.run.CurrentStage() == Stage::kConcluded);
  REQUIRE_FALSE(bench.View().facts.finished);
}

TEST_CASE("A release reaches everybody once, whoever attaches later too", "[run]") {
  Bench bench;
  bench.Begin();
  bench.run.Release(bench.now);
  bench.run.Release(bench.now);
  REQUIRE(Count<ReleaseDirective>(bench.Told(bench.churn)) == 1);
  REQUIRE(Count<ReleaseDirective>(bench.Told(bench.one)) == 1);
  REQUIRE(Count<ReleaseDirective>(bench.Told(bench.one)) == 0);
  REQUIRE(Count<ReleaseDirective>(bench.Told(bench.Client("late"))) == 1);
  REQUIRE(bench.run.CurrentStage() == Stage::kReleased);
}

TEST_CASE("Churn that is under way was started by an earlier coordinator", "[run]") {
  Bench bench;
  const auto churn = bench.Churn("churn");
  bench.Progress(churn, ChurnStep::kScaleDown, 1);
  REQUIRE(bench.run.CurrentStage() == Stage::kRunning);
  REQUIRE(Count<StartDirective>(bench.Told(churn)) == 0);
  REQUIRE(bench.View().facts.started);
  REQUIRE(bench.View().progress.cycle == 1);
}

TEST_CASE("A start that was lost with the session is sent again to churn that still waits for it", "[run]") {
  Bench bench;
  bench.Begin();
  const auto again = bench.Churn("churn");
  bench.Progress(again, ChurnStep::kReady);
  REQUIRE(Count<StartDirective>(bench.Told(again)) == 1);
  bench.Progress(again, ChurnStep::kScaleUp);
  REQUIRE(Count<StartDirective>(bench.Told(again)) == 0);
}

TEST_CASE("The peak of joined streams is remembered", "[run]") {
  Bench bench;
  bench.Begin();
  bench.Report(bench.one, 3);
  bench.run.Detach(bench.two, bench.now);
  const auto view = bench.View();
  REQUIRE(view.facts.streams_peak == 10);
  REQUIRE(view.clients.streams_joined == 3);
  REQUIRE(view.clients_joined == 0);
}

}  // namespace
}  // namespace dst_load::coordination::test
