#include <catch2/catch.hpp>

#include "coordination/checkpoint.h"
#include "run_fixture.h"

namespace dst_load::coordination::test {
namespace {

using namespace std::chrono_literals;

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
  bench.Pass(Run::kMayReturn);
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
  const auto known = bench.run.SaveRevision();
  bench.run.EndClient("two", "", bench.now);
  CHECK(bench.run.SaveRevision() == known);
  bench.run.EndClient("two", "OOMKilled", bench.now);
  CHECK(bench.View().facts.lost == std::vector<std::string>{"pod-of-two: OOMKilled"});
  const auto kept = bench.run.SaveRevision();
  bench.run.EndClient("two", "its Pod is gone", bench.now);
  bench.run.EndClient("nobody", "its Pod is gone", bench.now);
  CHECK(bench.View().facts.lost == std::vector<std::string>{"pod-of-two: OOMKilled"});
  CHECK(bench.run.SaveRevision() == kept);
  // Churn is no client.
  bench.run.Detach(bench.churn, bench.now);
  const auto without_churn = bench.run.SaveRevision();
  bench.run.EndClient("churn", "its Pod is gone", bench.now);
  CHECK(bench.run.SaveRevision() == without_churn);
  CHECK(FateIn(bench.View(), "churn") == Fate::kAway);
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

TEST_CASE("A process that is missed while the one before it in its Pod seems to be there may come back",
          "[run][fate]") {
  Bench bench;
  bench.Begin();
  bench.Pass(1s);
  REQUIRE(bench.run.Attach(77, {false, "two-again", "pod-of-two", {}}, bench.now));
  bench.run.Detach(77, bench.now);
  bench.run.Tick(bench.now);
  CHECK(FateIn(bench.View(), "two-again") == Fate::kAway);
}

TEST_CASE("Of clients that name no Pod none takes another's place", "[run][fate]") {
  Bench bench;
  REQUIRE(bench.run.Attach(77, {false, "one", "", {}}, bench.now));
  bench.run.Detach(77, bench.now);
  REQUIRE(bench.run.Attach(78, {false, "two", "", {}}, bench.now));
  CHECK(FateIn(bench.View(), "one") == Fate::kAway);
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

TEST_CASE("Nobody misses a client that never reported", "[run][fate]") {
  Bench bench;
  bench.Begin();
  bench.run.Detach(bench.Client("mute"), bench.now);
  Bench next;
  next.run.Restore(DecodeCheckpoint(EncodeCheckpoint(bench.run.Save())).value(), next.now);
  next.Report(next.Client("one"), 5);
  next.Report(next.Client("two"), 5);
  for (Bench* each : {&bench, &next}) {
    each->Pass(Run::kMayReturn);
    each->run.Tick(each->now);
    CHECK(each->View().facts.clients_lost == 0);
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
  bench.run.Expect(1, 5, bench.now);
  CHECK(bench.View().facts.clients_most == 2);
  bench.run.Expect(5, 25, bench.now);
  bench.run.Expect(1, 5, bench.now);
  CHECK(bench.View().facts.clients_most == 5);
  CHECK(bench.View().facts.clients_expected == 1);
  Bench next;
  next.run.Restore(DecodeCheckpoint(EncodeCheckpoint(bench.run.Save())).value(), next.now);
  CHECK(next.View().facts.clients_most == 5);
  // More were wanted while nobody coordinated, and then fewer.
  Bench third;
  third.spec.clients_expected = 7;
  third.run = Run(third.spec);
  third.run.Restore(DecodeCheckpoint(EncodeCheckpoint(next.run.Save())).value(), third.now);
  third.run.Expect(1, 5, third.now);
  CHECK(third.View().facts.clients_most == 7);
}

TEST_CASE("Of many clients that are lost all are counted, and some named", "[run][fate]") {
  Bench bench;
  bench.Begin();
  for (int i = 0; i < 25; ++i) {
    const std::string instance = "more-" + std::to_string(i);
    const auto id = bench.Client(instance);
    bench.Report(id, 5);
    bench.run.Detach(id, bench.now);
    bench.run.EndClient(instance, "", bench.now);
  }
  CHECK(bench.View().facts.clients_lost == 25);
  CHECK(bench.View().facts.lost.size() == 20);
}

TEST_CASE("A client that dies while nobody coordinates is missed by the next coordinator", "[run][fate][checkpoint]") {
  Bench bench;
  bench.Begin();
  Bench next;
  next.run.Restore(DecodeCheckpoint(EncodeCheckpoint(bench.run.Save())).value(), next.now);
  CHECK(FateIn(next.View(), "two") == Fate::kAway);
  for (const auto& worker : next.View().workers) CHECK(worker.away == 0s);  // as far as this one knows
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
