#include "coordination/checkpoint.h"

#include <catch2/catch.hpp>

#include "measure/isolation.h"
#include "measure/other_services.h"
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
  const std::size_t room = EncodeCheckpoint(bench.run.Save()).size() - 1;
  const auto bytes = EncodeCheckpoint(bench.run.Save(), room);
  for (int pass = 0; pass < 2; ++pass) {
    Bench next;
    next.run.Restore(DecodeCheckpoint(bytes).value(), next.now);
    // Folded once, it stays folded: in a checkpoint with room, and in one without, where why it went gives way.
    if (pass == 1) {
      const auto again = EncodeCheckpoint(next.run.Save(), 1);
      Bench third;
      third.run.Restore(DecodeCheckpoint(again).value(), third.now);
      REQUIRE(third.View().clients == next.View().clients);
      REQUIRE(third.View().facts.clients_concluded == 1);
      REQUIRE(third.View().facts.lost == std::vector<std::string>{"pod-of-two"});
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

measure::TruthState TruthOf(std::size_t endpoints) {
  measure::TruthState state{7, {{}}};
  for (std::size_t i = 0; i < endpoints; ++i) {
    const std::string pod = "dst-load-svc-0-7d9c5b8f4-" + std::to_string(100'000 + i);
    state.services[0].push_back({"10." + std::to_string(i / 250) + ".0." + std::to_string(i % 250), 8080, pod});
  }
  return state;
}

/// Of a run under way: that many clients like `each`, with names as long as Pods have them.
Saved SavedOf(std::size_t clients, std::size_t endpoints, const Worker& each) {
  Saved saved;
  saved.started = true;
  saved.truth = TruthOf(endpoints);
  for (std::size_t i = 0; i < clients; ++i) {
    Worker& worker = saved.workers["0123456789" + std::to_string(100'000 + i)];
    worker = each;
    worker.pod = "a-test-with-a-name-that-is-long-client-7d9c5b8f4-" + std::to_string(10'000 + i);
  }
  return saved;
}

Worker Present() {
  Worker worker;
  worker.took_part = true;
  return worker;
}

/// With a report of 100 updates due, 10 of them pending.
Worker Lost() {
  Worker worker = Present();
  measure::ClientSnapshot snapshot;
  auto& counts = snapshot.services[0];
  counts.due = 100;
  counts.pending = 10;
  counts.credited = 90;
  counts.destination.Record(std::chrono::milliseconds{5}, 90);
  worker.client = std::make_shared<const ClientReport>(PackClient(snapshot, {}));
  worker.ended = true;
  worker.why = std::string(200, 'w');
  return worker;
}

TEST_CASE("A thousand clients fit into a checkpoint, and are known after a fail-over", "[checkpoint]") {
  const auto bytes = EncodeCheckpoint(SavedOf(1000, 2000, Present()));
  CHECK(bytes.size() < kCheckpointBytes);
  Bench next;
  next.run.Restore(DecodeCheckpoint(bytes).value(), next.now);
  CHECK(next.View().workers.size() == 1000);
  const auto welcome = First<WelcomeDirective>(next.Told(next.Churn("churn"))).welcome;
  CHECK(welcome.truth->state->services[0].size() == 2000);
}

TEST_CASE("As many clients as a run remembers fit into a checkpoint when all of them are lost, and none is forgotten",
          "[checkpoint]") {
  const std::uint64_t clients = Run::kMaxInstances;
  const auto bytes = EncodeCheckpoint(SavedOf(clients, 2000, Lost()));
  CHECK(bytes.size() < kCheckpointBytes);
  Bench next;
  next.run.Restore(DecodeCheckpoint(bytes).value(), next.now);
  const auto view = next.View();
  CHECK(view.facts.clients_lost == clients);
  CHECK(view.clients.Total().credited == clients * 90);
  CHECK(view.clients.Total().pending == clients * 10);
  CHECK(view.clients.Total().destination.Count() == clients * 90);
}

/// Of one gone client with 200 services, each with samples all over; every fourth has a slow reader, and what is beside
/// that one is ten times as late.
std::shared_ptr<const ClientReport> WideReport() {
  measure::ClientSnapshot snapshot;
  for (std::uint32_t service = 0; service < 200; ++service) {
    auto& counts = snapshot.services[service];
    counts.slow_readers = service % 4 == 0 ? 1 : 0;
    double span = (service % 4 == 0 ? 20'000 : 2'000) + service;
    for (int i = 0; i < 3000; ++i, span *= 1.002) {
      counts.destination.Record(Micros{static_cast<std::int64_t>(span)}, 200);
    }
    counts.end_to_end = counts.destination;
    counts.due = counts.destination.Count() + service;
    counts.pending = service;
    counts.credited = counts.destination.Count();
    snapshot.convergence.Learned(service, WallTime{Micros{1}}, WallTime{Micros{2}});
  }
  snapshot.timeline.At(WallTime{std::chrono::seconds{5}}).held = 3;
  return std::make_shared<const ClientReport>(PackClient(snapshot, {}));
}

TEST_CASE("Services without room are added up: nothing is lost of their sum, and slow readers stay told apart",
          "[checkpoint]") {
  Worker gone = Lost();
  gone.client = WideReport();
  REQUIRE(gone.client->packed.size() > std::size_t{200} * (10 << 10));
  Saved saved = SavedOf(3, 10, gone);
  Worker left = Present();
  left.ended = true;
  left.why = "OOMKilled";
  saved.workers["left"] = left;
  auto sum = UnpackClient(*gone.client);
  for (int others = 0; others < 2; ++others) sum.Merge(UnpackClient(*gone.client));
  const auto isolation = measure::JudgeIsolation(sum).value();
  REQUIRE_FALSE(isolation.holds);

  const auto bytes = EncodeCheckpoint(saved);
  CHECK(bytes.size() < kCheckpointBytes);
  Bench next;
  next.run.Restore(DecodeCheckpoint(bytes).value(), next.now);
  const auto view = next.View();
  CHECK(view.clients.Total() == sum.Total());
  CHECK(view.facts.abandoned == sum.Total().pending);
  CHECK(view.facts.clients_lost == 4);
  CHECK(view.clients.services.size() == 2);
  CHECK(view.clients.services.contains(measure::kOtherServices));
  CHECK(view.clients.services.contains(measure::kOtherServicesWithSlowReaders));
  CHECK(view.clients.violations[static_cast<std::size_t>(measure::Invariant::kSlowReaderIsolation)] == 1);
  const auto still = measure::JudgeIsolation(view.clients).value();
  CHECK(still.beside == isolation.beside);
  CHECK(still.control == isolation.control);
  // Nor is there room for what only people read.
  CHECK(view.clients.timeline.empty());
  CHECK(view.clients.convergence.Events().empty());
  CHECK(view.clients.convergence.Dropped() == 200);
  CHECK(view.facts.lost.back() == "left");

  // What was added up stays so when one more is.
  Saved more = next.run.Save();
  more.workers["more"] = gone;
  sum.Merge(UnpackClient(*gone.client));
  const auto again = EncodeCheckpoint(more);
  CHECK(again.size() < kCheckpointBytes);
  Bench third;
  third.run.Restore(DecodeCheckpoint(again).value(), third.now);
  CHECK(third.View().facts.clients_lost == 5);
  CHECK(third.View().clients.Total() == sum.Total());
  CHECK(third.View().clients.services.size() == 2);
}

TEST_CASE("A truth without room is left out of the checkpoint, and churn tells it again", "[checkpoint]") {
  const auto bytes = EncodeCheckpoint(SavedOf(10, 20'000, Present()));
  CHECK(bytes.size() < kCheckpointBytes);
  Bench next;
  next.run.Restore(DecodeCheckpoint(bytes).value(), next.now);
  CHECK(next.View().workers.size() == 10);
  const auto client = next.Client("one", 7);
  CHECK(Count<TruthUpdate>(next.Told(client)) == 0);  // it knows more than we do
  const auto churn = next.Churn("churn");
  CHECK_FALSE(First<WelcomeDirective>(next.Told(churn)).truth_seq.has_value());  // asks for everything
  REQUIRE(next.SetState(churn, 7).has_value());
  REQUIRE(next.Publish(churn, 8, 9).has_value());
  CHECK(First<TruthUpdate>(next.Told(client)).changes.size() == 2);
}

TEST_CASE("Marks without room are left out of the checkpoint, and counted as dropped", "[checkpoint]") {
  Bench bench;
  bench.Begin();
  ChurnReport report;
  report.progress.step = ChurnStep::kHoldMax;
  report.snapshot.marks = {{WallTime{Micros{1}}, "ScaleUp", 0}, {WallTime{Micros{2}}, "HoldMax", 0}};
  REQUIRE(bench.run.OnChurn(bench.churn, report, 2, bench.now).has_value());
  bench.run.Detach(bench.churn, bench.now);
  for (const bool room : {true, false}) {
    Bench next;
    const auto bytes = room ? EncodeCheckpoint(bench.run.Save()) : EncodeCheckpoint(bench.run.Save(), 1);
    next.run.Restore(DecodeCheckpoint(bytes).value(), next.now);
    CHECK(next.View().churn.marks.size() == (room ? 2 : 0));
    CHECK(next.View().churn.marks_dropped == (room ? 0 : 2));
  }
}

TEST_CASE("What is no checkpoint is refused", "[checkpoint]") {
  REQUIRE(IsInvalid(DecodeCheckpoint("\xFF\xFF").error()));
  REQUIRE(EncodeCheckpoint(Saved{}).empty());
  REQUIRE(DecodeCheckpoint("").has_value());
}

}  // namespace
}  // namespace dst_load::coordination::test
