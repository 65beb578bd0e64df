#include <catch2/catch.hpp>

#include "run_fixture.h"

namespace dst_load::coordination::test {
namespace {

TEST_CASE("A worker is welcomed first, and every report is acknowledged", "[run]") {
  Bench bench;
  const auto one = bench.Client("one");
  auto told = bench.Told(one);
  REQUIRE(std::holds_alternative<WelcomeDirective>(told.front()));
  REQUIRE(Count<WelcomeDirective>(told) == 1);
  REQUIRE(bench.run.OnClient(one, PackClient({}, {}), 8, bench.now).has_value());
  REQUIRE(bench.run.OnClient(one, PackClient({}, {}), 9, bench.now).has_value());
  told = bench.Told(one);
  REQUIRE(Count<AckDirective>(told) == 1);
  REQUIRE(First<AckDirective>(told).number == 9);
}

TEST_CASE("The Ack of a report waits as long as its bytes take by the pace, that of a final one does not", "[run]") {
  Bench bench;
  bench.Begin();
  const auto report = PackClient({}, {});
  bench.run.PaceReports(double(report.packed.size()) / 3);
  REQUIRE(bench.run.OnClient(bench.one, report, 8, bench.now).has_value());
  bench.Pass(std::chrono::milliseconds{2999});
  REQUIRE(Count<AckDirective>(bench.Told(bench.one)) == 0);
  bench.Pass(std::chrono::milliseconds{1});
  REQUIRE(First<AckDirective>(bench.Told(bench.one)).number == 8);

  ClientStatus last;
  SECTION("concluded") { last.concluded = true; }
  SECTION("retired") { last.retired = true; }
  REQUIRE(bench.run.OnClient(bench.one, PackClient({}, last), 9, bench.now).has_value());
  REQUIRE(First<AckDirective>(bench.Told(bench.one)).number == 9);
}

TEST_CASE("Of a client that has concluded, what it reports from then on is paced, until its last words", "[run]") {
  Bench bench;
  bench.Begin();
  bench.run.PaceReports(0);
  const auto acknowledged = [&](std::uint64_t number, ClientStatus status) {
    REQUIRE(bench.run.OnClient(bench.one, PackClient({}, status), number, bench.now).has_value());
    return Count<AckDirective>(bench.Told(bench.one)) == 1;
  };
  ClientStatus status;
  status.concluded = true;
  CHECK(acknowledged(8, status));
  CHECK_FALSE(acknowledged(9, status));
  status.retired = true;
  CHECK(acknowledged(10, status));
  // It may not have heard of that, and said it to another attachment as well.
  bench.run.Detach(bench.one, bench.now);
  bench.one = bench.Client("one");
  CHECK(acknowledged(10, status));
}

TEST_CASE("Who reports little is not paced, and nobody waits for more than a minute", "[run]") {
  Bench bench;
  bench.Begin();
  const auto report = PackClient({}, {});
  bench.run.PaceReports(double(report.packed.size()) * 2);  // half a second, as long as a client waits anyway
  REQUIRE(bench.run.OnClient(bench.one, report, 8, bench.now).has_value());
  REQUIRE(First<AckDirective>(bench.Told(bench.one)).number == 8);
  bench.run.PaceReports(0);
  REQUIRE(bench.run.OnClient(bench.one, report, 9, bench.now).has_value());
  bench.Pass(std::chrono::seconds{59});
  REQUIRE(Count<AckDirective>(bench.Told(bench.one)) == 0);
  bench.Pass(std::chrono::seconds{1});
  REQUIRE(Count<AckDirective>(bench.Told(bench.one)) == 1);
}

TEST_CASE("A newer report of an instance replaces its older one, across attachments", "[run]") {
  Bench bench;
  const auto one = bench.Client("one");
  bench.Report(one, 5, false, 10);
  REQUIRE(bench.View().clients.Total().credited == 90);
  bench.run.Detach(one, bench.now);
  REQUIRE(bench.View().workers_lost == 1);
  const auto again = bench.Client("one");
  REQUIRE(bench.View().workers_lost == 0);
  REQUIRE(bench.View().clients.Total().credited == 90);
  bench.Report(again, 5, false, 5);
  REQUIRE(bench.View().clients.Total().credited == 95);
  REQUIRE(bench.View().workers.size() == 1);
}

TEST_CASE("What troubles a client that is gone is no trouble any more", "[run]") {
  Bench bench;
  const auto one = bench.Client("one");
  REQUIRE(bench.run.OnClient(one, PackClient({}, {false, "connect: refused", {}}), 1, bench.now));
  REQUIRE(bench.View().trouble == "connect: refused");
  bench.run.Detach(one, bench.now);
  REQUIRE(bench.View().trouble.empty());
}

TEST_CASE("Counts of clients that are gone stay, their gauges do not", "[run]") {
  Bench bench;
  bench.Begin();
  bench.Report(bench.two, 5, false, 30);
  bench.run.Detach(bench.two, bench.now);
  const auto view = bench.View();
  REQUIRE(view.clients.Total().due == 200);
  REQUIRE(view.clients.Total().credited == 170);
  REQUIRE(view.clients.streams_target == 5);
  REQUIRE(view.clients.streams_open == 5);
  REQUIRE(view.clients_attached == 1);
}

TEST_CASE("The same instance attaching again ends its older attachment", "[run]") {
  Bench bench;
  const auto old = bench.Client("one");
  const auto ended = bench.run.Attach(77, {false, "one", "pod", {}}, bench.now);
  REQUIRE(ended.value() == std::vector<AttachmentId>{old});
  // What the old one still says or does is nobody's.
  bench.run.Detach(old, bench.now);
  REQUIRE(bench.View().clients_attached == 1);
  REQUIRE_FALSE(bench.run.Next(old, bench.wall, bench.now).has_value());
}

TEST_CASE("A new churn worker takes over, and the old one does not come back", "[run]") {
  Bench bench;
  bench.Begin();
  bench.Progress(bench.churn, ChurnStep::kHoldMax, 2, 5);
  const auto ended = bench.run.Attach(77, {true, "churn-2", "pod", {}}, bench.now);
  REQUIRE(ended.value() == std::vector<AttachmentId>{bench.churn});
  const auto welcome = First<WelcomeDirective>(bench.Told(77)).welcome;
  REQUIRE(welcome.started);
  REQUIRE(welcome.last_progress->cycle == 2);
  REQUIRE(bench.run.Attach(78, {true, "churn", "pod", {}}, bench.now).error().code == Code::kConflict);

  bench.Progress(77, ChurnStep::kScaleUp, 2);
  REQUIRE(bench.View().churn.changes == 20);
  REQUIRE(bench.View().workers_lost == 1);
}

TEST_CASE("A churn worker that only lost its session is not told of itself", "[run]") {
  Bench bench;
  bench.Begin();
  const auto again = bench.Churn("churn");
  const auto welcome = First<WelcomeDirective>(bench.Told(again)).welcome;
  REQUIRE(welcome.started);
  REQUIRE_FALSE(welcome.last_progress.has_value());
  REQUIRE(bench.View().churn.changes == 10);
}

TEST_CASE("Nobody speaks out of its role", "[run]") {
  Bench bench;
  bench.Begin();
  REQUIRE(IsInvalid(bench.run.OnClient(bench.churn, {}, 1, bench.now).error()));
  REQUIRE(IsInvalid(bench.run.OnChurn(bench.one, {}, 1, bench.now).error()));
  REQUIRE(IsInvalid(bench.run.OnTruth(bench.one, {}, bench.now).error()));
  REQUIRE(IsInvalid(bench.run.OnTruthRequest(bench.churn, bench.now).error()));
  REQUIRE(bench.run.Attach(77, {true, "one", "pod", {}}, bench.now).error().code == Code::kConflict);
}

TEST_CASE("Workers are probed every two seconds, one probe at a time", "[run]") {
  Bench bench;
  const auto one = bench.Client("one");
  const auto sent = First<ProbeDirective>(bench.Told(one)).sent;
  bench.Pass(std::chrono::seconds{2});
  REQUIRE(Count<ProbeDirective>(bench.Told(one)) == 0);                        // not answered
  bench.run.OnClockReply(one, sent + Micros{1}, sent, bench.wall, bench.now);  // of no probe of ours
  REQUIRE(bench.View().workers[0].clock_error == Micros{0});
  bench.run.OnClockReply(one, sent, sent + Micros{5100}, sent + Micros{200}, bench.now);
  REQUIRE(bench.View().workers[0].clock_offset == Micros{5000});
  REQUIRE(bench.View().workers[0].clock_error == Micros{100});
  REQUIRE(Count<ProbeDirective>(bench.Told(one)) == 1);
}

TEST_CASE("A worker that answers nothing for twenty seconds is silent, one that does is not", "[run]") {
  Bench bench;
  const auto one = bench.Client("one");
  const auto two = bench.Client("two");
  REQUIRE(bench.run.Tick(bench.now).empty());
  bench.Pass(std::chrono::seconds{15});
  bench.Report(two, 1);
  bench.Pass(std::chrono::seconds{6});
  REQUIRE(bench.run.Tick(bench.now) == std::vector<AttachmentId>{one});
}

TEST_CASE("Instances that come and go forever are bounded", "[run]") {
  Bench bench;
  for (std::size_t i = 0; i < Run::kMaxInstances; ++i) {
    const auto id = bench.Client("crashing-" + std::to_string(i));
    bench.run.Detach(id, bench.now);
  }
  REQUIRE(bench.run.Attach(99'998, {false, "crashing-0", "pod", {}}, bench.now));
  REQUIRE(bench.run.Attach(99'999, {false, "one-more", "pod", {}}, bench.now).error().code == Code::kThrottled);
}

}  // namespace
}  // namespace dst_load::coordination::test
