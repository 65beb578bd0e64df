// The last report of a client that ends, and a coordinator that may end as well.
#include <catch2/catch.hpp>

#include "coordination/checkpoint.h"
#include "run_fixture.h"

namespace dst_load::coordination::test {
namespace {

/// A run whose checkpoints somebody keeps.
struct Kept : Bench {
  Kept() {
    spec.checkpointed = true;
    run = Run(spec);
  }
  /// A report of a client that still waits for `pending` updates.
  void Say(AttachmentId client, std::uint64_t pending, bool concluded, bool last) {
    measure::ClientSnapshot snapshot;
    snapshot.services[0].due = 100;
    snapshot.services[0].pending = pending;
    snapshot.services[0].credited = 100 - pending;
    REQUIRE(run.OnClient(client, PackClient(snapshot, {concluded, "", {}, last}), ++number, now).has_value());
  }
  void Leave(AttachmentId client, std::uint64_t pending, bool concluded = false) {
    Say(client, pending, concluded, true);
  }
  bool Acknowledged(AttachmentId client) { return Count<AckDirective>(Told(client)) > 0; }
  std::string Bytes(std::size_t room = kCheckpointBytes) const { return EncodeCheckpoint(run.Save(), room); }
  void TakeOver(const std::string& bytes) { run.Restore(DecodeCheckpoint(bytes).value(), now); }

  std::uint64_t number = 10;
};

TEST_CASE("A client's last report is acknowledged once a checkpoint that holds it is kept", "[run][checkpoint]") {
  Kept bench;
  bench.Begin();
  const auto before = bench.run.SaveRevision();
  bench.Leave(bench.two, 7);
  CHECK_FALSE(bench.Acknowledged(bench.two));
  REQUIRE(bench.run.SaveRevision() > before);
  bench.run.Kept(before);  // one that was made before it came
  CHECK_FALSE(bench.Acknowledged(bench.two));
  bench.run.Kept(bench.run.SaveRevision());
  CHECK(bench.Acknowledged(bench.two));
}

TEST_CASE("A client that only waits for the Ack of its last words is not there any more", "[run][checkpoint]") {
  Kept bench;
  const auto churn = bench.Churn("churn");
  const auto one = bench.Client("one"), two = bench.Client("two");
  bench.Report(one, 5);
  measure::ClientSnapshot last;
  last.streams_target = last.streams_open = last.streams_joined = 5;
  REQUIRE(bench.run.OnClient(one, PackClient(last, {false, "", {}, true}), 2, bench.now).has_value());
  REQUIRE_FALSE(bench.Acknowledged(one));
  bench.Report(two, 5);
  bench.Progress(churn, ChurnStep::kReady);
  CHECK(bench.run.CurrentStage() == Stage::kGathering);
  CHECK(bench.View().clients_attached == 1);
  CHECK(bench.View().clients_joined == 1);
  CHECK(bench.View().clients.streams_joined == 5);

  bench.Report(bench.Client("three"), 5);
  CHECK(bench.run.CurrentStage() == Stage::kRunning);
  const auto view = bench.View();
  CHECK(view.clients_attached == 2);
  CHECK(view.facts.clients_retired == 1);
  CHECK(view.facts.streams_peak == 10);
}

TEST_CASE("Who stays is acknowledged at once", "[run][checkpoint]") {
  Kept bench;
  bench.Begin();
  bench.Say(bench.two, 5, false, false);
  CHECK(bench.Acknowledged(bench.two));
  bench.Say(bench.two, 5, true, false);
  CHECK(bench.Acknowledged(bench.two));
}

TEST_CASE("Nobody waits where no checkpoints are kept, or the results are taken", "[run][checkpoint]") {
  Kept bench;
  SECTION("none are kept") {
    bench.spec.checkpointed = false;
    bench.run = Run(bench.spec);
    bench.Begin();
    bench.Leave(bench.two, 7);
  }
  SECTION("they are taken") {
    bench.Begin();
    bench.Leave(bench.two, 7);
    REQUIRE_FALSE(bench.Acknowledged(bench.two));
    bench.run.Release(bench.now);
  }
  CHECK(bench.Acknowledged(bench.two));
}

TEST_CASE("A coordinator that dies once it acknowledged a last report has not taken it along", "[run][checkpoint]") {
  const bool concluded = GENERATE(false, true);
  const bool folded = GENERATE(false, true);
  Kept bench;
  bench.Begin();
  bench.Leave(bench.two, 7, concluded);
  REQUIRE_FALSE(bench.Acknowledged(bench.two));
  const auto bytes = folded ? bench.Bytes(1) : bench.Bytes();
  bench.run.Kept(bench.run.SaveRevision());
  REQUIRE(bench.Acknowledged(bench.two));

  Kept next;
  next.TakeOver(bytes);
  const auto view = next.View();
  CHECK(view.clients.Total().due == 100);
  CHECK(view.clients.Total().pending == 7);
  CHECK(view.facts.clients_retired == (concluded ? 0 : 1));
  CHECK(view.facts.clients_concluded == (concluded ? 1 : 0));
  next.Report(next.Client("one"), 5);
  next.Pass(Run::kMayReturn);
  next.run.Tick(next.now);
  CHECK(next.View().facts.clients_lost == 0);
  CHECK(next.View().clients.Total().due == 200);
}

TEST_CASE("A client that did not hear of it tells the next coordinator, which has it already, and may go",
          "[run][checkpoint]") {
  Kept bench;
  bench.Begin();
  bench.Leave(bench.two, 7);
  Kept next;
  next.TakeOver(bench.Bytes());
  const auto again = next.Client("two");
  next.Leave(again, 7);
  CHECK(next.Acknowledged(again));
  CHECK(next.View().clients.Total().due == 100);
  CHECK(next.View().facts.clients_retired == 1);
}

TEST_CASE("A last report that was kept is so after the session was cut as well", "[run][checkpoint]") {
  Kept bench;
  bench.Begin();
  bench.Leave(bench.two, 7);
  bench.run.Detach(bench.two, bench.now);
  bench.run.Kept(bench.run.SaveRevision());
  const auto again = bench.Client("two");
  bench.Leave(again, 7);
  CHECK(bench.Acknowledged(again));
}

}  // namespace
}  // namespace dst_load::coordination::test
