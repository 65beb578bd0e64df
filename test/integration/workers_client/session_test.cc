// The client in a run: a real coordinator, a scripted destination, and a churn worker played by the test.
#include <atomic>

#include <catch2/catch.hpp>

#include "client_fixture.h"
#include "coordination/retry_pause.h"
#include "coordination/server.h"
#include "measure/verdict.h"
#include "test/support/temp_dir.h"
#include "workers/client/farewell.h"

using namespace dst_load;
using namespace dst_load::workers;
using namespace dst_load::workers::test;
using namespace std::chrono_literals;
using coordination::ChurnStep;

namespace {

FakeDestination::Endpoint Pod(std::uint32_t n) { return {0x0A000000 + n, 8080, "pod-" + std::to_string(n)}; }
measure::Endpoint TruthOf(std::uint32_t n) { return {"10.0.0." + std::to_string(n), 8080, "pod-" + std::to_string(n)}; }

// Coordinator and churn of one run with one client of four streams.
class Run {
 public:
  Run() : authority_(coordination::MakeAuthority(SystemClock()).value()) {
    coordination::ServerOptions options;
    options.bind = "127.0.0.1";
    options.port = 0;
    options.identity = coordination::IssueIdentity(authority_, {}, SystemClock()).value();
    server_ = coordination::Server::Create(std::move(options), SystemClock(), [](const std::string&) {}).value();
    coordination::RunSpec spec;
    spec.run_id = "run-1";
    spec.token = "the-token";
    spec.clients_expected = 1;
    spec.streams_expected = 4;
    REQUIRE(server_->AddRun(spec));
    REQUIRE(coordination::WriteCredentials(dir_.Path("run"), {authority_.cert_pem, "the-token"}));

    coordination::SessionOptions session;
    session.address = Address();
    session.credentials = {authority_.cert_pem, "the-token"};
    session.run_id = "run-1";
    session.instance = "churn-1";
    churn_ = coordination::ChurnSession::Create(session, {}, SystemClock());
  }

  std::string Address() const { return "127.0.0.1:" + std::to_string(server_->Port()); }
  ClientOptions Client(const FakeDestination& destination) const {
    auto options = SmallOptions(destination.Address());
    options.coordination = {Address(), dir_.Path("run"), "run-1", "client-pod"};
    return options;
  }
  coordination::RunView View() const { return server_->View("run-1").value(); }
  coordination::Server& Server() { return *server_; }
  void Close() { server_.reset(); }

  void State(std::vector<std::vector<measure::Endpoint>> services) { churn_->SetState({0, std::move(services)}); }
  // `untold`: changes that churn has made and nobody is told of.
  void Step(ChurnStep step, measure::Seq untold = 0) {
    coordination::ChurnProgress progress;
    progress.step = step;
    progress.last_seq = seq_ + untold;
    churn_->Report(progress, {});
  }
  // Service, endpoint and whether it was added; published now, caused 20 ms ago.
  void Publish(const std::vector<std::tuple<std::uint32_t, std::uint32_t, bool>>& changes) {
    std::vector<measure::Change> out;
    const WallTime now = SystemClock().Wall();
    for (const auto& [service, n, added] : changes) {
      out.push_back({++seq_, service, TruthOf(n), added, now - 20ms, now});
    }
    churn_->Publish(out);
  }

 private:
  test_support::TempDir dir_;
  coordination::Authority authority_;
  std::unique_ptr<coordination::Server> server_;
  std::unique_ptr<coordination::ChurnSession> churn_;
  measure::Seq seq_ = 0;
};

// A host whose wall clock is ahead.
class AheadClock final : public Clock {
 public:
  explicit AheadClock(Micros by) : by_(by) {}
  WallTime Wall() const override { return SystemClock().Wall() + by_.load(); }
  MonoTime Mono() const override { return SystemClock().Mono(); }
  void Set(Micros by) { by_ = by; }

 private:
  std::atomic<Micros> by_;
};

}  // namespace

TEST_CASE("Every change is due on every stream and credited once; a drain concludes and a release closes", "[client]") {
  FakeDestination destination;
  destination.Add(kServiceA, {Pod(1), Pod(2)});
  destination.Add(kServiceB, {Pod(3)});
  Run run;
  run.State({{TruthOf(1), TruthOf(2)}, {TruthOf(3)}});
  RunningClient client(run.Client(destination));
  run.Step(ChurnStep::kReady);
  REQUIRE(Await([&] { return run.View().clients.streams_joined == 4; }));
  REQUIRE(Await([&] { return run.View().stage == coordination::Stage::kRunning; }));

  // In order, before their truth, and twice.
  run.Publish({{0, 4, true}});
  destination.Add(kServiceA, {Pod(4)});
  destination.Remove(kServiceA, {Pod(1)});
  run.Publish({{0, 1, false}});
  destination.Add(kServiceB, {Pod(5)});
  destination.Add(kServiceB, {Pod(5)});
  run.Publish({{1, 5, true}});
  run.Step(ChurnStep::kFinished);

  REQUIRE(Await([&] { return run.View().stage == coordination::Stage::kConcluded; }));
  const auto view = run.View();
  const auto total = view.clients.Total();
  CHECK(total.due == 6);  // 3 changes x 2 streams
  CHECK(total.credited == 6);
  CHECK(total.missing == 0);
  CHECK(total.pending == 0);
  CHECK(total.end_to_end.Count() == 6);
  CHECK(total.destination.Count() == 6);
  CHECK(view.clients.violations == decltype(view.clients.violations){});
  CHECK(view.clients.streams_settled == 4);
  CHECK(view.facts.clients_concluded == 1);
  CHECK(destination.OpenStreams() == 4);

  run.Server().Release("run-1");
  REQUIRE(Await([&] { return destination.OpenStreams() == 0; }));
  client.Stop();
  CHECK(client.Counts().Total().credited == 6);
}

TEST_CASE("A client whose clock is minutes ahead measures the same, and says how far it may be wrong", "[client]") {
  FakeDestination destination;
  destination.Add(kServiceA, {Pod(1)});
  destination.Add(kServiceB, {Pod(3)});
  Run run;
  run.State({{TruthOf(1)}, {TruthOf(3)}});
  AheadClock clock(10min);
  RunningClient client(run.Client(destination), clock);
  run.Step(ChurnStep::kReady);
  REQUIRE(Await([&] { return run.View().stage == coordination::Stage::kRunning; }));
  // Both workers' clocks have been probed, and the client was told.
  REQUIRE(Await([&] { return client.Counts().clock_error > Micros{0}; }));
  run.Publish({{0, 4, true}});
  destination.Add(kServiceA, {Pod(4)});
  REQUIRE(Await([&] { return run.View().clients.Total().credited == 2; }));
  const auto total = client.Counts().Total();
  CHECK(total.destination.Max().value() < 1min);
  CHECK(total.destination.Min().value() > -1min);
  CHECK(total.end_to_end.Max().value() < 1min);
  CHECK(run.View().facts.clock_jumped.empty());

  // And when it is set, back to before the run.
  clock.Set(-1h);
  REQUIRE(Await([&] { return !run.View().facts.clock_jumped.empty(); }));
  CHECK(run.View().facts.clock_jumped == std::vector<std::string>{"client-pod"});
  CHECK_FALSE(run.View().facts.clock_lost);
  run.Publish({{0, 5, true}});
  destination.Add(kServiceA, {Pod(5)});
  REQUIRE(Await([&] { return run.View().clients.Total().credited == 4; }));
  const auto after = client.Counts().Total();
  CHECK(after.destination.Max().value() < 1min);
  CHECK(after.destination.Min().value() > -1min);
  CHECK(after.end_to_end.Max().value() < 1min);
}

TEST_CASE("A change that a destination keeps to itself is missing, once the deadline has passed", "[client]") {
  FakeDestination destination;
  destination.Add(kServiceA, {Pod(1)});
  destination.Add(kServiceB, {Pod(3)});
  Run run;
  run.State({{TruthOf(1)}, {TruthOf(3)}});
  auto options = run.Client(destination);
  options.convergence_deadline = 1s;
  RunningClient client(options);
  run.Step(ChurnStep::kReady);
  REQUIRE(Await([&] { return run.View().stage == coordination::Stage::kRunning; }));
  run.Publish({{0, 2, true}});
  run.Step(ChurnStep::kFinished);
  REQUIRE(Await([&] { return run.View().stage == coordination::Stage::kConcluded; }));
  const auto view = run.View();
  CHECK(view.clients.Total().due == 2);
  CHECK(view.clients.Total().credited == 0);
  CHECK(view.clients.Total().missing == 2);
  CHECK(view.clients.violations[static_cast<std::size_t>(measure::Invariant::kNoMissingEndpoint)] +
            view.clients.violations[static_cast<std::size_t>(measure::Invariant::kConverged)] >=
        2);
  CHECK_FALSE(view.offences.empty());
}

TEST_CASE("By a truth that never came to its end nobody is judged, and the run says that it has a gap", "[client]") {
  FakeDestination destination;
  destination.Add(kServiceA, {Pod(1)});
  destination.Add(kServiceB, {Pod(3)});
  Run run;
  run.State({{TruthOf(1)}, {TruthOf(3)}});
  auto options = run.Client(destination);
  options.convergence_deadline = 1s;
  RunningClient client(options);
  run.Step(ChurnStep::kReady);
  REQUIRE(Await([&] { return run.View().stage == coordination::Stage::kRunning; }));
  destination.Add(kServiceA, {Pod(2)});
  run.Step(ChurnStep::kFinished, 1);
  REQUIRE(Await([&] { return run.View().stage == coordination::Stage::kConcluded; }));
  const auto view = run.View();
  CHECK(view.clients.truth_gaps > 0);
  CHECK(view.clients.violations[static_cast<std::size_t>(measure::Invariant::kConverged)] == 0);
  const auto verdict = measure::Judge({}, view.facts, view.clients, view.churn);
  CHECK(verdict.outcome == measure::Outcome::kInconclusive);
  CHECK(verdict.reason == "TruthGaps");
}

TEST_CASE("A stream that the server ends in mid-run learns on its next life what it missed", "[client]") {
  FakeDestination destination;
  destination.Add(kServiceA, {Pod(1)});
  destination.Add(kServiceB, {Pod(3)});
  Run run;
  run.State({{TruthOf(1)}, {TruthOf(3)}});
  RunningClient client(run.Client(destination));
  run.Step(ChurnStep::kReady);
  REQUIRE(Await([&] { return run.View().stage == coordination::Stage::kRunning; }));
  destination.AddUnheard(kServiceA, {Pod(2)});
  run.Publish({{0, 2, true}});
  REQUIRE(Await([&] { return run.View().clients.Total().pending == 2; }));
  destination.End(grpc::Status::OK);
  run.Step(ChurnStep::kFinished);
  REQUIRE(Await([&] { return run.View().stage == coordination::Stage::kConcluded; }));
  const auto view = run.View();
  CHECK(view.clients.Total().credited == 2);
  CHECK(view.clients.send_timeouts == 4);
  CHECK(view.clients.streams_created == 8);
  CHECK(view.clients.violations == decltype(view.clients.violations){});
}

TEST_CASE("A client that comes in mid-run owes nothing of what was before, and one that goes is retired", "[client]") {
  FakeDestination destination;
  destination.Add(kServiceA, {Pod(1)});
  destination.Add(kServiceB, {Pod(3)});
  Run run;
  run.State({{TruthOf(1)}, {TruthOf(3)}});
  RunningClient first(run.Client(destination));
  run.Step(ChurnStep::kReady);
  REQUIRE(Await([&] { return run.View().stage == coordination::Stage::kRunning; }));
  const auto change = [&](std::uint32_t pod) {
    run.Publish({{0, pod, true}});
    destination.Add(kServiceA, {Pod(pod)});
  };
  const auto credited = [&](std::uint64_t updates) {
    return Await([&] { return run.View().clients.Total().credited == updates; });
  };
  change(4);
  REQUIRE(credited(2));
  run.Server().Expect("run-1", 2, 8);
  auto options = run.Client(destination);
  options.coordination.pod = "client-pod-2";
  RunningClient second(options);
  REQUIRE(Await([&] { return run.View().clients.streams_joined == 8; }));
  CHECK(run.View().clients.Total().due == 2);
  change(5);
  REQUIRE(credited(2 + 4));
  run.Server().Expect("run-1", 1, 4);
  first.Stop();
  REQUIRE(Await([&] { return run.View().clients_attached == 1 || run.View().facts.clients_retired == 1; }));
  CHECK(run.View().facts.clients_retired == 1);
  change(6);
  REQUIRE(credited(2 + 4 + 2));
  run.Step(ChurnStep::kFinished);
  REQUIRE(Await([&] { return run.View().stage == coordination::Stage::kConcluded; }));
  const auto view = run.View();
  CHECK(view.clients.Total().due == 8);
  CHECK(view.clients.Total().pending == 0);
  CHECK(view.facts.clients_lost == 0);
  CHECK(view.facts.abandoned == 0);
  CHECK(view.clients.violations == decltype(view.clients.violations){});
  CHECK(measure::Judge({}, view.facts, view.clients, view.churn).outcome == measure::Outcome::kPass);
}

TEST_CASE("What a client waited for when it was told to go is given up, and not held against anybody", "[client]") {
  FakeDestination destination;
  destination.Add(kServiceA, {Pod(1)});
  destination.Add(kServiceB, {Pod(3)});
  Run run;
  run.State({{TruthOf(1)}, {TruthOf(3)}});
  RunningClient client(run.Client(destination));
  run.Step(ChurnStep::kReady);
  REQUIRE(Await([&] { return run.View().stage == coordination::Stage::kRunning; }));
  run.Publish({{0, 2, true}});
  REQUIRE(Await([&] { return run.View().clients.Total().pending == 2; }));
  client.Stop();
  REQUIRE(Await([&] { return run.View().facts.clients_retired == 1; }));
  const auto view = run.View();
  CHECK(view.facts.abandoned == 2);
  CHECK(view.clients.Total().missing == 0);
  CHECK(view.clients.violations == decltype(view.clients.violations){});
}

TEST_CASE("A client that is told to go when the coordinator is gone for good ends all the same", "[client]") {
  FakeDestination destination;
  destination.Add(kServiceA, {Pod(1)});
  destination.Add(kServiceB, {Pod(3)});
  Run run;
  run.State({{TruthOf(1)}, {TruthOf(3)}});
  auto options = run.Client(destination);
  options.farewell_patience = 50ms;
  RunningClient client(options);
  REQUIRE(Await([&] { return run.View().clients.streams_joined == 4; }));
  run.Close();
  client.Stop();
  CHECK(Await([&] { return destination.OpenStreams() == 0; }));
}

TEST_CASE("A client that was released and is told to go looks for no coordinator any more", "[client]") {
  FakeDestination destination;
  destination.Add(kServiceA, {Pod(1)});
  destination.Add(kServiceB, {Pod(3)});
  Run run;
  run.State({{TruthOf(1)}, {TruthOf(3)}});
  RunningClient client(run.Client(destination));
  REQUIRE(Await([&] { return destination.OpenStreams() == 4; }));
  run.Server().Release("run-1");
  REQUIRE(Await([&] { return destination.OpenStreams() == 0; }));
  run.Server().RemoveRun("run-1");
  client.Stop();
  // By itself it comes after 200 ms, and then ever later; in a hurry every half second, for as long as it has patience.
  const auto in_a_hurry = static_cast<std::uint64_t>(FarewellPatience(true) / coordination::RetryPause::kHurried);
  CHECK(run.Server().Stats().refused_run < in_a_hurry / 2);
}

TEST_CASE("A truth about other services is refused and said so", "[client]") {
  FakeDestination destination;
  Run run;
  run.State({{TruthOf(1)}});
  RunningClient client(run.Client(destination));
  REQUIRE(Await([&] { return !run.View().trouble.empty(); }));
  CHECK_THAT(run.View().trouble, Catch::Contains("--services"));
}

TEST_CASE("A client without readable credentials is not made", "[client]") {
  auto options = SmallOptions("127.0.0.1:1");
  options.coordination = {"127.0.0.1:1", "no-such-folder", "run-1", ""};
  const auto worker = ClientWorker::Create(options, SystemClock());
  REQUIRE_FALSE(worker);
  CHECK_THAT(worker.error().message, Catch::StartsWith("--coordinator-dir"));
}
