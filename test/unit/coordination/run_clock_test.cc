// Clocks of several hosts, and what workers say of their own measuring.
#include <catch2/catch.hpp>

#include "coordination/checkpoint.h"
#include "run_fixture.h"

namespace dst_load::coordination::test {
namespace {

using namespace std::chrono_literals;

/// Answers the probe that is pending: the worker's clock is `ahead` of ours, and the way there and back took `trip`.
void Answer(Bench& bench, AttachmentId id, Micros ahead, Micros trip) {
  const auto probe = First<ProbeDirective>(bench.Told(id));
  bench.run.OnClockReply(id, probe.sent, bench.wall + trip / 2 + ahead, bench.wall + trip, bench.now);
}

TEST_CASE("A client is told how far its clock is ahead of churn's, with both errors", "[run][clock]") {
  Bench bench;
  const auto churn = bench.Churn("churn"), client = bench.Client("client");
  Answer(bench, churn, -30ms, 2ms);
  Answer(bench, client, 20ms, 4ms);
  const auto told = First<ClockOffsetDirective>(bench.Told(client)).offset;
  CHECK(told == ClockOffset{50ms, 3ms});
  CHECK(Count<ClockOffsetDirective>(bench.Told(client)) == 0);
  CHECK(Count<ClockOffsetDirective>(bench.Told(churn)) == 0);
}

TEST_CASE("Clocks that may as well be one are not corrected, but the bound is told", "[run][clock]") {
  Bench bench;
  const auto churn = bench.Churn("churn"), client = bench.Client("client");
  Answer(bench, churn, 0ms, 2ms);
  Answer(bench, client, 1ms, 4ms);
  CHECK(First<ClockOffsetDirective>(bench.Told(client)).offset == ClockOffset{0ms, 3ms});
}

TEST_CASE("A client is told again when its clock drifts, and when it is known much better", "[run][clock]") {
  Bench bench;
  const auto churn = bench.Churn("churn"), client = bench.Client("client");
  Answer(bench, churn, 0ms, 1ms);
  Answer(bench, client, 50ms, 19ms);
  CHECK(First<ClockOffsetDirective>(bench.Told(client)).offset == ClockOffset{50ms, 10ms});
  const auto later = [&](Micros ahead, Micros trip) {
    bench.Pass(3s);
    Answer(bench, client, ahead, trip);
    return bench.Told(client);
  };
  CHECK(Count<ClockOffsetDirective>(later(50ms, 18ms)) == 0);
  CHECK(First<ClockOffsetDirective>(later(50ms, 3ms)).offset == ClockOffset{50ms, 2ms});
  // Hardly better: it is for the drift, in either direction.
  CHECK(First<ClockOffsetDirective>(later(58ms, 2900us)).offset == ClockOffset{58ms, 1950us});
  CHECK(First<ClockOffsetDirective>(later(42ms, 2800us)).offset == ClockOffset{42ms, 1900us});
}

TEST_CASE("A client that comes back is told anew", "[run][clock]") {
  Bench bench;
  const auto churn = bench.Churn("churn"), client = bench.Client("client");
  Answer(bench, churn, 0ms, 2ms);
  Answer(bench, client, 20ms, 2ms);
  REQUIRE(Count<ClockOffsetDirective>(bench.Told(client)) == 1);
  bench.run.Detach(client, bench.now);
  CHECK(Count<ClockOffsetDirective>(bench.Told(bench.Client("client"))) == 1);
}

TEST_CASE("A client is told that its truth is current while churn is there, heard of, and all of it is told",
          "[run][clock]") {
  Bench bench;
  const auto client = bench.Client("client");
  const auto told = [&](Micros later) {
    bench.Pass(later);
    return Count<TruthCurrentDirective>(bench.Told(client));
  };
  CHECK(told(10s) == 0);
  const auto churn = bench.Churn("churn");
  REQUIRE(bench.SetState(churn, 0).has_value());
  CHECK(told(1s) == 0);  // it may have history to tell
  CHECK(told(3s) == 1);
  CHECK(told(500ms) == 0);
  CHECK(told(500ms) == 1);
  CHECK(told(2s) == 0);  // it has not been heard of for more than 5 s
  bench.Progress(churn, ChurnStep::kStable);
  CHECK(told(0s) == 1);
  bench.Progress(churn, ChurnStep::kStable, 0, 7);
  CHECK(told(2s) == 0);  // a change has been made that we were not told of
  REQUIRE(bench.Publish(churn, 1, 7).has_value());
  CHECK(told(0s) == 1);
  bench.run.Detach(churn, bench.now);
  CHECK(told(2s) == 0);
}

TEST_CASE("A client that could not keep up, or whose clock was set, is named in the view", "[run][clock]") {
  Bench bench;
  const auto good = bench.Client("good"), bad = bench.Client("bad"), churn = bench.Churn("churn");
  measure::ClientSnapshot snapshot;
  snapshot.lag.queue.Record(1ms);
  REQUIRE(bench.run.OnClient(good, PackClient(snapshot, {}), 1, bench.now).has_value());
  CHECK(bench.View().facts.saturated.empty());
  CHECK(bench.View().facts.clock_jumped.empty());
  snapshot.lag.queue.Record(3s);
  snapshot.clock_jumps = 1;
  REQUIRE(bench.run.OnClient(bad, PackClient(snapshot, {}), 1, bench.now).has_value());
  ChurnReport report;
  report.snapshot.clock_jumps = 2;
  REQUIRE(bench.run.OnChurn(churn, report, 1, bench.now).has_value());
  bench.run.Detach(bad, bench.now);
  const auto facts = bench.View().facts;
  CHECK(facts.saturated == std::vector<std::string>{"pod-of-bad: its event loop stood still for 3s"});
  CHECK(facts.clock_jumped == std::vector<std::string>{"churn-pod", "pod-of-bad"});
  CHECK_FALSE(facts.clock_lost);
}

TEST_CASE("A clock that was set is lost once another churn worker goes on by its own", "[run][clock]") {
  Bench bench;
  bool set = false;
  SECTION("nobody set one") {}
  SECTION("somebody set one") { set = true; }
  const auto first = bench.Churn("first");
  ChurnReport report;
  report.progress.step = ChurnStep::kHoldMax;
  report.snapshot.clock_jumps = set ? 1 : 0;
  REQUIRE(bench.run.OnChurn(first, report, 1, bench.now).has_value());
  CHECK_FALSE(bench.View().facts.clock_lost);
  bench.run.Detach(first, bench.now);
  bench.Progress(bench.Churn("second"), ChurnStep::kHoldMax);
  CHECK(bench.View().facts.clock_lost == set);
}

TEST_CASE("A churn worker that went before it had changed anything leaves no times behind", "[run][clock]") {
  Bench bench;
  bench.Progress(bench.Churn("first"), ChurnStep::kReady);
  ChurnReport report;
  report.progress.step = ChurnStep::kHoldMax;
  report.snapshot.clock_jumps = 1;
  REQUIRE(bench.run.OnChurn(bench.Churn("second"), report, 1, bench.now).has_value());
  CHECK_FALSE(bench.View().facts.clock_lost);
  bench.Progress(bench.Churn("third"), ChurnStep::kScaleUp);
  CHECK(bench.View().facts.clock_lost);
}

TEST_CASE("Offences name the client they are of, and slow readers that move others are one", "[run][clock]") {
  Bench bench;
  const auto client = bench.Client("client");
  measure::ClientSnapshot snapshot;
  snapshot.services[0].slow_readers = 1;
  snapshot.services[0].due = snapshot.services[0].credited = 200;
  snapshot.services[0].destination.Record(900ms, 200);
  snapshot.services[1].due = snapshot.services[1].credited = 200;
  snapshot.services[1].destination.Record(5ms, 200);
  REQUIRE(bench.run.OnClient(client, PackClient(snapshot, {false, "", {"web stream 3: stale"}}), 1, bench.now));
  const auto view = bench.View();
  REQUIRE(view.offences.size() == 2);
  CHECK(view.offences[0] == "pod-of-client: web stream 3: stale");
  CHECK(view.offences[1].find("slow_reader_isolation") == 0);
  CHECK(view.clients.violations[static_cast<std::size_t>(measure::Invariant::kSlowReaderIsolation)] == 1);
}

/// Churn that is under way by a clock `before` ours ends, and another one takes over by a clock `after` ours.
struct Takeover {
  Takeover(Micros before, Micros after, Micros trip) {
    bench.churn = bench.Churn("churn");
    bench.Progress(bench.churn, ChurnStep::kHoldMax);
    Answer(bench, bench.churn, before, trip);
    bench.run.Detach(bench.churn, bench.now);
    bench.Pass(10s);
    kept = bench.run.SaveRevision();
    next = bench.Churn("churn-2");
    Answer(bench, next, after, trip);
  }
  void Begin() { bench.Progress(next, ChurnStep::kScaleUp); }

  Bench bench;
  AttachmentId next = 0;
  std::uint64_t kept = 0;
};

TEST_CASE("A clock that was set while no churn worker was there is noticed by the next one's", "[run][clock]") {
  const int sign = GENERATE(1, -1);
  Takeover set(20ms, 20ms + sign * 55ms, 4ms);
  set.Begin();
  const auto facts = set.bench.View().facts;
  CHECK(facts.clock_jumped == std::vector<std::string>{"churn-pod"});
  CHECK(facts.clock_lost);
  CHECK(set.bench.View().churn.clock_jumps == 1);
  CHECK(set.bench.run.SaveRevision() > set.kept);
  // Once, whatever later probes say, and for every coordinator from now on.
  set.bench.Pass(3s);
  Answer(set.bench, set.next, 300ms, 0ms);
  CHECK(set.bench.View().churn.clock_jumps == 1);
  Bench third;
  third.run.Restore(DecodeCheckpoint(EncodeCheckpoint(set.bench.run.Save())).value(), third.now);
  third.Progress(third.Churn("churn-2"), ChurnStep::kScaleUp);
  CHECK(third.View().facts.clock_lost);
}

TEST_CASE("Clocks that may be the same, within what probes can tell, are", "[run][clock]") {
  const int sign = GENERATE(1, -1);
  Takeover same(20ms, 20ms + sign * 54ms, 4ms);
  same.Begin();
  CHECK(same.bench.View().facts.clock_jumped.empty());
  CHECK_FALSE(same.bench.View().facts.clock_lost);
  // Later it may be known better.
  same.bench.Pass(3s);
  Answer(same.bench, same.next, 20ms + sign * 54ms, 0ms);
  CHECK(same.bench.View().facts.clock_lost);
}

TEST_CASE("Clocks that run apart in the course of a run were not set", "[run][clock]") {
  Takeover apart(20ms, 20ms, 4ms);
  apart.Begin();
  Micros ahead = 20ms;
  for (int minute = 0; minute < 60; ++minute) {
    for (int probe = 0; probe < 20; ++probe) {
      apart.bench.Pass(3s);
      ahead += 150us;  // 50 ppm
      Answer(apart.bench, apart.next, ahead, 4ms);
    }
  }
  REQUIRE(ahead > 20ms + 55ms);
  CHECK(apart.bench.View().facts.clock_jumped.empty());
  CHECK_FALSE(apart.bench.View().facts.clock_lost);
}

TEST_CASE("A clock that was set before churn went beyond its endpoints is of no matter", "[run][clock]") {
  Bench bench;
  const auto churn = bench.Churn("churn");
  bench.Progress(churn, ChurnStep::kReady);
  Answer(bench, churn, 0ms, 2ms);
  bench.run.Detach(churn, bench.now);
  bench.Pass(10s);
  const auto next = bench.Churn("churn-2");
  Answer(bench, next, 1h, 2ms);
  bench.Progress(next, ChurnStep::kScaleUp);
  CHECK(bench.View().facts.clock_jumped.empty());
  CHECK_FALSE(bench.View().facts.clock_lost);
}

}  // namespace
}  // namespace dst_load::coordination::test
