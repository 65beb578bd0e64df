#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <thread>

#include "kubernetes.h"
#include "test/integration/coordination/stage.h"
#include "test/support/temp_dir.h"
#include "workers/churn/churn_worker.h"
#include "workers/churn/embedded.h"
#include "workers/churn/reasons.h"
#include "workers/churn/run_report.h"

namespace dst_load::workers::churn {
namespace {

using namespace std::chrono_literals;
using coordination::ChurnStep;
using coordination::Stage;
namespace stage = coordination::test;

ChurnFlags Oscillate() {
  ChurnFlags flags;
  flags.pattern = "oscillate";
  flags.min_endpoints = "2";
  flags.max_endpoints = "5";
  flags.min_hold = flags.max_hold = "1s";
  flags.jitter = "50ms";
  flags.cycles = "2";
  flags.owner = "test/11-22";
  return flags;
}

/// A churn worker on a thread of its own.
class Running {
 public:
  Running(Kubernetes& kubernetes, const ChurnFlags& flags, const coordination::SessionOptions& session)
      : client_(AdminClient()), worker_(OptionsFor(kubernetes, flags), *client_, SystemClock(), session) {
    thread_ = std::jthread([this] { outcome_ = worker_.Run(stop_.get_token()); });
  }
  Outcome Join() {
    thread_.join();
    return outcome_;
  }
  Outcome Stop() {
    stop_.request_stop();
    return Join();
  }

 private:
  std::unique_ptr<kube::Client> client_;
  ChurnWorker worker_;
  std::stop_source stop_;
  Outcome outcome_;
  std::jthread thread_;
};

struct Fixture {
  explicit Fixture(const std::string& ns) : kubernetes(ns) {
    theatre.spec.clients_expected = 1;
    theatre.spec.streams_expected = 3;
    server = theatre.Open();
    REQUIRE(server->AddRun(theatre.spec));
  }
  coordination::RunView View() const { return server->View(theatre.spec.run_id).value(); }
  bool AwaitStep(ChurnStep step, std::uint32_t cycle = 0) {
    return theatre.board.Await([&] {
      const auto progress = View().progress;
      return progress.step == step && progress.cycle == cycle;
    });
  }
  bool AwaitStage(Stage wanted) {
    return theatre.board.Await([&] { return View().stage == wanted; });
  }
  coordination::SessionOptions Session(const std::string& instance) const {
    return theatre.Session(instance, server->Port());
  }

  Kubernetes kubernetes;
  stage::Theatre theatre;
  std::unique_ptr<coordination::Server> server;
};

TEST_CASE("Nothing changes before the clients are there, and nothing goes before they have reported", "[churn]") {
  Fixture f("barrier");
  Running churn(f.kubernetes, Oscillate(), f.Session("churn-1"));
  REQUIRE(f.AwaitStep(ChurnStep::kReady));
  CHECK(f.View().churn.scale_events == 0);

  stage::Client client(f.theatre, f.Session("client-1"), 3);
  REQUIRE(f.AwaitStage(Stage::kConcluded));
  CHECK(f.kubernetes.Names(kube::kDeployments).size() == 3);
  CHECK(f.View().progress.step == ChurnStep::kFinished);
  CHECK(client.TruthSeq() == f.View().progress.last_seq);
  CHECK(client.Gaps() == 0);
  CHECK(client.Addresses().size() == 6);

  f.server->Release(f.theatre.spec.run_id);
  const Outcome outcome = churn.Join();
  CHECK(outcome.ending == Ending::kDone);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.cleaned);
  CHECK(f.View().progress.step == ChurnStep::kCleaned);
  CHECK(f.View().churn.scale_events == 12);
  CHECK(f.View().churn.services_created == 3);
  CHECK(f.View().churn.changes == outcome.view.snapshot.changes);
  CHECK(f.kubernetes.Names(kube::kDeployments).empty());
}

TEST_CASE("A worker that takes over goes on in the same cycle, and nothing is counted twice", "[churn]") {
  Fixture f("takeover");
  stage::Client client(f.theatre, f.Session("client-1"), 3);
  {
    Running churn(f.kubernetes, Oscillate(), f.Session("churn-1"));
    REQUIRE(f.AwaitStep(ChurnStep::kHoldMax));
    const Outcome killed = churn.Stop();
    CHECK(killed.ending == Ending::kInterrupted);
    CHECK(killed.exit_code == 1);
    CHECK_FALSE(killed.cleaned);
    CHECK(f.kubernetes.Names(kube::kDeployments).size() == 3);
  }
  Running churn(f.kubernetes, Oscillate(), f.Session("churn-2"));
  REQUIRE(f.AwaitStage(Stage::kConcluded));
  CHECK(client.TruthSeq() == f.View().progress.last_seq);
  CHECK(client.Gaps() == 0);
  CHECK(client.Addresses().size() == 6);
  f.server->Release(f.theatre.spec.run_id);
  const Outcome outcome = churn.Join();
  CHECK(outcome.ending == Ending::kDone);
  CHECK(outcome.cleaned);
  CHECK(outcome.view.progress.cycle == 2);
  CHECK(outcome.view.snapshot.scale_events == 9);
  CHECK(f.View().churn.scale_events == 12);
  CHECK(f.View().churn.services_created == 3);
  CHECK(f.View().churn.changes_without_cause == 0);
  CHECK(f.View().churn.kubernetes.Count() == f.View().churn.changes);
}

TEST_CASE("Who takes over when the hold is over waits until Kubernetes has done what was asked of it", "[churn]") {
  Fixture f("behind");
  std::optional<Running> churn;
  churn.emplace(f.kubernetes, Oscillate(), f.Session("churn-1"));
  REQUIRE(f.AwaitStep(ChurnStep::kReady));
  f.kubernetes.SetBehind(true);
  stage::Client client(f.theatre, f.Session("client-1"), 3);
  REQUIRE(f.AwaitStep(ChurnStep::kHoldMax));
  CHECK(churn->Stop().ending == Ending::kInterrupted);
  const WallTime since = f.View().progress.step_started;
  REQUIRE(f.theatre.board.Await([&] { return SystemClock().Wall() > since + 2s; }));

  churn.emplace(f.kubernetes, Oscillate(), f.Session("churn-2"));
  REQUIRE(f.theatre.board.Await([&] { return f.View().progress.reason == reason::kKubernetesBehind; }));
  CHECK(f.View().progress.step == ChurnStep::kHoldMax);
  CHECK(f.View().progress.target_endpoints == 15);
  f.kubernetes.SetBehind(false);
  REQUIRE(f.AwaitStage(Stage::kConcluded));
  f.server->Release(f.theatre.spec.run_id);
  CHECK(churn->Join().ending == Ending::kDone);
  CHECK(f.View().churn.scale_events == 12);
  CHECK(f.View().churn.changes == 36);
  CHECK(f.View().churn.changes_without_cause == 0);
}

TEST_CASE("Stopped by the coordinator, a run ends after its step and its results are waited for", "[churn]") {
  Fixture f("stopped");
  ChurnFlags flags = Oscillate();
  flags.min_hold = flags.max_hold = "1h";
  stage::Client client(f.theatre, f.Session("client-1"), 3);
  Running churn(f.kubernetes, flags, f.Session("churn-1"));
  REQUIRE(f.AwaitStep(ChurnStep::kHoldMax));
  f.server->Stop(f.theatre.spec.run_id);
  REQUIRE(f.AwaitStage(Stage::kConcluded));
  CHECK(client.Addresses().size() == 15);
  f.server->Release(f.theatre.spec.run_id);
  const Outcome outcome = churn.Join();
  CHECK(outcome.ending == Ending::kStopped);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.cleaned);
  CHECK(outcome.view.progress.cycle == 0);
}

TEST_CASE("A suspended run changes nothing more, and then makes every change that it promised", "[churn]") {
  Fixture f("suspended");
  const std::string& run = f.theatre.spec.run_id;
  stage::Client client(f.theatre, f.Session("client-1"), 3);
  f.server->Suspend(run, true);
  ChurnFlags flags = Oscillate();
  flags.min_hold = flags.max_hold = "2s";
  flags.cycles = "1";
  Running churn(f.kubernetes, flags, f.Session("churn-1"));
  REQUIRE(f.AwaitStage(Stage::kRunning));
  CHECK(f.View().progress.step == ChurnStep::kReady);
  f.server->Suspend(run, false);
  REQUIRE(f.AwaitStep(ChurnStep::kHoldMax));
  f.server->Suspend(run, true);
  // Well past the end of the hold.
  const WallTime since = f.View().progress.step_started;
  REQUIRE(f.theatre.board.Await([&] { return SystemClock().Wall() > since + 4s; }));
  CHECK(f.View().progress.step == ChurnStep::kHoldMax);
  CHECK(f.View().churn.scale_events == 3);
  f.server->Suspend(run, false);
  REQUIRE(f.AwaitStage(Stage::kConcluded));
  f.server->Release(run);
  const Outcome outcome = churn.Join();
  CHECK(outcome.ending == Ending::kDone);
  CHECK(outcome.view.progress.cycle == 1);
  CHECK(f.View().churn.scale_events == 6);
}

TEST_CASE("Stopped before it started, a run ends without waiting for clients", "[churn]") {
  Fixture f("early-stop");
  Running churn(f.kubernetes, Oscillate(), f.Session("churn-1"));
  REQUIRE(f.AwaitStep(ChurnStep::kReady));
  f.server->Stop(f.theatre.spec.run_id);
  REQUIRE(f.AwaitStep(ChurnStep::kFinished));
  f.server->Release(f.theatre.spec.run_id);
  const Outcome outcome = churn.Join();
  CHECK(outcome.ending == Ending::kStopped);
  CHECK(outcome.cleaned);
  CHECK(outcome.view.snapshot.scale_events == 0);
}

TEST_CASE("Without an operator churn coordinates the run itself, and tells what was merged", "[churn]") {
  Kubernetes kubernetes("embedded");
  const test_support::TempDir dir;
  ListenOptions listen;
  listen.host = "127.0.0.1";
  listen.dir = dir.Path("run");
  listen.clients = 1;
  listen.streams = 3;
  auto embedded = EmbeddedCoordinator::Start(listen, SystemClock());
  if (!embedded) FAIL(embedded.error().message);
  coordination::SessionOptions session = (*embedded)->Session();
  session.instance = "churn-1";
  Running churn(kubernetes, Oscillate(), session);

  // What a client is given by hand: the address, the folder and the run.
  session.instance = "client-1";
  session.credentials = coordination::ReadCredentials(listen.dir).value();
  stage::Theatre theatre;
  std::optional<stage::Client> client;
  client.emplace(theatre, session, 3);
  REQUIRE(theatre.board.Await([&] { return client->Released(); }));
  const Outcome outcome = churn.Join();
  CHECK(outcome.ending == Ending::kDone);
  CHECK(outcome.cleaned);
  client.reset();
  const coordination::RunView run = (*embedded)->Finish(5s);
  CHECK(run.facts.clients_concluded == 1);
  CHECK(run.churn.scale_events == 12);
  CHECK(run.clients.Total().credited == 3 * outcome.view.snapshot.changes);

  // The report of that run, through the file that people read.
  ChurnOptions options = OptionsFor(kubernetes, Oscillate());
  options.listen = listen;
  REQUIRE(WriteRunReport(dir.Path(""), MakeRunReport(options, {"run", {}, SystemClock().Wall(), "1", {}, ""}, run)));
  std::ifstream file(dir.Path("report.json"));
  const auto report = report::ReadReport(std::string(std::istreambuf_iterator<char>(file), {}));
  if (!report) FAIL(report.error().message);
  CHECK(report->total == run.clients.Total());
  CHECK(report->run.churn == run.churn);
  CHECK(report->facts.running.has_value());
  CHECK(report->verdict.outcome == measure::Outcome::kPass);
}

}  // namespace
}  // namespace dst_load::workers::churn
