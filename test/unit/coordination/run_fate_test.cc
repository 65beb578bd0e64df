#include <catch2/catch.hpp>

#include "coordination/checkpoint.h"
#include "run_fixture.h"

namespace dst_load::coordination::test {
namespace {

using namespace std::chrono_literals;

Fate FateIn(const RunView& view, const std::string& instance) {
  for (const auto& worker : view.workers) {
    if (worker.instance == instance) return worker.fate;
  }
  FAIL("no worker " << instance);
  return Fate::kPresent;
}

/// A final report of one that was told to end.
void Retire(Bench& bench, AttachmentId client, std::uint64_t pending = 0) {
  measure::ClientSnapshot snapshot;
  snapshot.services[0].due = 100;
  snapshot.services[0].pending = pending;
  snapshot.services[0].credited = 100 - pending;
  REQUIRE(bench.run.OnClient(client, PackClient(snapshot, {false, "", {}, true}), 2, bench.now).has_value());
}

TEST_CASE("A client whose session breaks off is away, and present again when it comes back", "[run][fate]") {
  Bench bench;
  bench.Begin();
  bench.Report(bench.two, 5, false, 30);
  bench.run.Detach(bench.two, bench.now);
  bench.Pass(Run::kMayReturn - 1s);
  bench.run.Tick(bench.now);
  CHECK(FateIn(bench.View(), "two") == Fate::kAway);
  CHECK(bench.View().workers[2].away == Run::kMayReturn - 1s);
  CHECK(bench.View().facts.clients_lost == 0);
  CHECK(bench.View().facts.abandoned == 0);
  bench.Client("two");
  bench.Pass(1h);
  bench.run.Tick(bench.now);
  CHECK(FateIn(bench.View(), "two") == Fate::kPresent);
  CHECK(bench.View().facts.clients_lost == 0);
}

TEST_CASE("A client is lost when it was away for too long, and found again if it comes back all the same",
          "[run][fate]") {
  Bench bench;
  bench.Begin();
  bench.Report(bench.two, 5, false, 30);
  bench.run.Detach(bench.two, bench.now);
  const auto kept = bench.run.SaveRevision(), told = bench.run.Revision();
  bench.Pass(Run::kMayReturn);
  bench.run.Tick(bench.now);
  CHECK(bench.run.SaveRevision() > kept);
  CHECK(bench.run.Revision() > told);
  CHECK(FateIn(bench.View(), "two") == Fate::kLost);
  CHECK(bench.View().facts.lost == std::vector<std::string>{"pod-of-two"});
  CHECK(bench.View().facts.abandoned == 30);
  bench.Client("two");
  CHECK(FateIn(bench.View(), "two") == Fate::kPresent);
  CHECK(bench.View().facts.clients_lost == 0);
  CHECK(bench.View().facts.abandoned == 0);
}

TEST_CASE("A client is lost at once when somebody knows that its process is over, and says why", "[run][fate]") {
  Bench bench;
  bench.Begin();
  bench.run.EndClient("two", "OOMKilled", bench.now);
  CHECK(FateIn(bench.View(), "two") == Fate::kPresent);  // it is attached: who says so knows better
  bench.run.Detach(bench.two, bench.now);
  bench.run.EndClient("two", "", bench.now);
  CHECK(bench.View().facts.lost == std::vector<std::string>{"pod-of-two"});
  bench.run.EndClient("two", "OOMKilled", bench.now);
  CHECK(bench.View().facts.lost == std::vector<std::string>{"pod-of-two: OOMKilled"});
  const auto kept = bench.run.SaveRevision();
  bench.run.EndClient("two", "its Pod is gone", bench.now);
  bench.run.EndClient("nobody", "its Pod is gone", bench.now);
  CHECK(bench.View().facts.lost == std::vector<std::string>{"pod-of-two: OOMKilled"});
  CHECK(bench.run.SaveRevision() == kept);
}

TEST_CASE("A Pod that runs another process has lost the one before", "[run][fate]") {
  Bench bench;
  bench.Begin();
  SECTION("when its end is seen first") {
    bench.run.Detach(bench.two, bench.now);
    bench.Pass(1s);
    REQUIRE(bench.run.Attach(77, {false, "two-again", "pod-of-two", {}}, bench.now));
  }
  SECTION("when its end is seen late") {
    bench.Pass(1s);
    REQUIRE(bench.run.Attach(77, {false, "two-again", "pod-of-two", {}}, bench.now));
    CHECK(FateIn(bench.View(), "two") == Fate::kPresent);
    bench.run.Detach(bench.two, bench.now);
    bench.run.Tick(bench.now);
  }
  CHECK(FateIn(bench.View(), "two") == Fate::kLost);
  CHECK(FateIn(bench.View(), "two-again") == Fate::kPresent);
  CHECK(bench.View().facts.clients_lost == 1);
}

TEST_CASE("A client that was told to end and reported is retired, and what it waited for is given up", "[run][fate]") {
  Bench bench;
  bench.Begin();
  Retire(bench, bench.two, 7);
  bench.run.Detach(bench.two, bench.now);
  bench.run.EndClient("two", "its Pod is gone", bench.now);
  bench.Pass(1h);
  bench.run.Tick(bench.now);
  const auto facts = bench.View().facts;
  CHECK(FateIn(bench.View(), "two") == Fate::kRetired);
  CHECK(facts.clients_retired == 1);
  CHECK(facts.clients_lost == 0);
  CHECK(facts.abandoned == 7);
  CHECK(bench.View().workers_lost == 0);
  CHECK(bench.View().clients.Total().due == 200);  // and what it learned counts
}

TEST_CASE("Nobody misses a client that went before the run had started", "[run][fate]") {
  Bench bench;
  const auto early = bench.Client("early");
  bench.Report(early, 3, false, 4);
  bench.run.Detach(early, bench.now);
  bench.Begin();
  bench.run.EndClient("early", "Error, exit code 1", bench.now);
  CHECK(FateIn(bench.View(), "early") == Fate::kLeft);
  CHECK(bench.View().facts.clients_lost == 0);
  CHECK(bench.View().facts.abandoned == 4);
}

TEST_CASE("A drain waits for a client that is away, and not for one that is lost", "[run][fate]") {
  Bench bench;
  bench.Begin();
  bench.run.Detach(bench.two, bench.now);
  bench.Progress(bench.churn, ChurnStep::kFinished, 3);
  bench.Report(bench.one, 5, true);
  REQUIRE(bench.run.CurrentStage() == Stage::kDraining);
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
  // Coming back is too late, but for its figures.
  const auto back = bench.Client("two");
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

TEST_CASE("Nobody is lost to a coordinator that nobody reaches, until somebody does", "[run][fate]") {
  Bench bench;
  bench.Begin();
  for (const auto id : {bench.churn, bench.one, bench.two}) bench.run.Detach(id, bench.now);
  bench.Pass(Run::kMayReturn * 2);
  bench.run.Tick(bench.now);
  CHECK(bench.View().facts.clients_lost == 0);
  bench.Client("one");
  bench.Pass(Run::kMayReturn - 1s);
  bench.run.Tick(bench.now);
  CHECK(bench.View().facts.clients_lost == 0);
  bench.Pass(1s);
  bench.run.Tick(bench.now);
  CHECK(bench.View().facts.lost == std::vector<std::string>{"pod-of-two"});
}

TEST_CASE("The share that may be lost is of the most clients that there were to be", "[run][fate]") {
  Bench bench;
  bench.run.Expect(9, 45, bench.now);
  bench.run.Expect(2, 10, bench.now);
  bench.Begin();
  CHECK(bench.View().facts.clients_most == 2);  // what was wanted before the start, nobody had
  bench.run.Expect(5, 25, bench.now);
  bench.run.Expect(1, 5, bench.now);
  CHECK(bench.View().facts.clients_most == 5);
  CHECK(bench.View().facts.clients_expected == 1);
  Bench next;
  next.run.Restore(DecodeCheckpoint(EncodeCheckpoint(bench.run.Save())).value(), next.now);
  CHECK(next.View().facts.clients_most == 5);
}

TEST_CASE("A client that dies while nobody coordinates is missed by the next coordinator", "[run][fate][checkpoint]") {
  Bench bench;
  bench.Begin();
  Bench next;
  next.run.Restore(DecodeCheckpoint(EncodeCheckpoint(bench.run.Save())).value(), next.now);
  CHECK(FateIn(next.View(), "two") == Fate::kAway);
  next.Report(next.Client("one"), 5);
  next.Pass(Run::kMayReturn);
  next.run.Tick(next.now);
  CHECK(FateIn(next.View(), "one") == Fate::kPresent);
  CHECK(next.View().facts.lost == std::vector<std::string>{"pod-of-two"});
  // Nor does the one after it forget, or count it again.
  Bench third;
  third.run.Restore(DecodeCheckpoint(EncodeCheckpoint(next.run.Save())).value(), third.now);
  CHECK(third.View().facts.lost == std::vector<std::string>{"pod-of-two"});
}

}  // namespace
}  // namespace dst_load::coordination::test
