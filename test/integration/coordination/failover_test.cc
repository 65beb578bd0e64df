#include <catch2/catch.hpp>

#include "stage.h"

namespace dst_load::coordination::test {
namespace {

const measure::TruthState kFirst{0, {{{"10.9.0.1", 8080, "pod-a"}}}};

/// A running run with churn and two clients of three streams each.
struct Running {
  Running() : server(theatre.Open()), port(server->Port()) {
    REQUIRE(server->AddRun(theatre.spec).has_value());
    churn = std::make_unique<Churn>(theatre, theatre.Session("churn-1", port));
    churn->Begin(kFirst);
    churn->Report(ChurnStep::kReady);
    one = std::make_unique<Client>(theatre, theatre.Session("one", port), 3);
    two = std::make_unique<Client>(theatre, theatre.Session("two", port), 3);
    REQUIRE(theatre.board.Await([&] { return churn->Starts() == 1; }));
    churn->Report(ChurnStep::kScaleUp);
    churn->Grow(100);
    REQUIRE(Credited(600));
  }
  bool Credited(std::uint64_t updates) {
    return theatre.board.Await([&] { return server->View("run-1")->clients.Total().credited == updates; });
  }
  bool In(Stage stage) {
    return theatre.board.Await([&] { return server->View("run-1")->stage == stage; });
  }

  Theatre theatre;
  std::unique_ptr<Server> server;
  std::uint16_t port;
  std::unique_ptr<Churn> churn;
  std::unique_ptr<Client> one, two;
};

TEST_CASE("A worker that is about to end does not sit out a long pause before it tells its last", "[coordination]") {
  Running run;
  auto patient = run.theatre.Session("three", run.port);
  patient.backoff_min = patient.backoff_max = std::chrono::minutes{10};
  Client three(run.theatre, patient, 3);
  REQUIRE(run.theatre.board.Await([&] { return three.TruthSeq() == 100; }));
  const auto checkpoint = run.server->Checkpoint("run-1");
  run.server.reset();
  REQUIRE(run.theatre.board.Await([&] { return !three.Session().Attached(); }));
  run.server = run.theatre.Open(run.port);
  REQUIRE(run.server->AddRun(run.theatre.spec, checkpoint).has_value());
  REQUIRE(three.Retire());
  CHECK(run.server->View("run-1")->facts.clients_retired == 1);
}

TEST_CASE("A coordinator restarted in mid-run loses no count and doubles none", "[coordination]") {
  Running run;
  const auto checkpoint = run.server->Checkpoint("run-1");
  REQUIRE_FALSE(checkpoint.empty());
  run.server.reset();
  // Life goes on without it.
  run.churn->Grow(1500);
  run.server = run.theatre.Open(run.port);
  REQUIRE(run.server->AddRun(run.theatre.spec, checkpoint).has_value());
  REQUIRE(run.server->View("run-1")->stage == Stage::kRunning);
  REQUIRE(run.Credited(6 * 1600));
  REQUIRE(run.one->Gaps() == 0);
  REQUIRE(run.two->Gaps() == 0);
  run.churn->Report(ChurnStep::kFinished, 3);
  REQUIRE(run.In(Stage::kConcluded));
  const auto view = run.server->View("run-1").value();
  REQUIRE(view.clients.Total().credited == 6 * 1600);
  REQUIRE(view.facts.finished);
  REQUIRE(view.facts.streams_peak == 6);
  REQUIRE(view.workers_lost == 0);
  REQUIRE(run.churn->Starts() == 1);
}

TEST_CASE("A coordinator that kept nothing infers the stage from churn and gets everything from the workers",
          "[coordination]") {
  Running run;
  run.server.reset();
  run.server = run.theatre.Open(run.port);
  REQUIRE(run.server->AddRun(run.theatre.spec).has_value());
  REQUIRE(run.In(Stage::kRunning));
  run.churn->Grow(10);
  REQUIRE(run.Credited(660));
  REQUIRE(run.one->Gaps() == 0);
  REQUIRE(run.churn->Starts() == 1);
}

TEST_CASE("A killed client's updates are kept, and those it waited for are abandoned", "[coordination]") {
  Running run;
  run.two->Withhold(7);
  REQUIRE(run.Credited(593));
  run.two.reset();
  REQUIRE(run.theatre.board.Await([&] { return run.server->View("run-1")->workers_lost == 1; }));
  run.server->EndClient("run-1", "two", "OOMKilled");
  auto view = run.server->View("run-1").value();
  REQUIRE(view.facts.lost == std::vector<std::string>{"pod-of-two: OOMKilled"});
  REQUIRE(view.facts.abandoned == 7);
  REQUIRE(view.clients.Total().credited == 593);
  REQUIRE(view.clients.streams_joined == 3);
  REQUIRE(view.facts.streams_peak == 6);

  // The Pod's next container takes part from now on; a coordinator that takes over knows the dead one's counts.
  Client three(run.theatre, run.theatre.Session("three", run.port), 3);
  REQUIRE(run.theatre.board.Await([&] { return three.TruthSeq() == 100; }));
  run.churn->Grow(10);
  REQUIRE(run.Credited(593 + 30 + 30));
  const auto checkpoint = run.server->Checkpoint("run-1");
  run.server.reset();
  run.server = run.theatre.Open(run.port);
  REQUIRE(run.server->AddRun(run.theatre.spec, checkpoint).has_value());
  REQUIRE(run.Credited(653));
  view = run.server->View("run-1").value();
  REQUIRE(view.facts.abandoned == 7);
  REQUIRE(view.facts.lost == std::vector<std::string>{"pod-of-two: OOMKilled"});
}

TEST_CASE("A churn worker that takes over goes on where the dead one was, without a gap", "[coordination]") {
  Running run;
  run.churn->Report(ChurnStep::kHoldMax, 1);
  REQUIRE(run.churn->Session().Flush(std::chrono::seconds{10}));
  run.churn.reset();
  REQUIRE(run.theatre.board.Await([&] { return !run.server->View("run-1")->churn_attached; }));

  Churn next(run.theatre, run.theatre.Session("churn-2", run.port));
  REQUIRE(run.theatre.board.Await([&] { return next.Welcomed().has_value(); }));
  const auto welcome = next.Welcomed().value();
  REQUIRE(welcome.started);
  REQUIRE(welcome.last_progress.has_value());
  REQUIRE(welcome.last_progress->step == ChurnStep::kHoldMax);
  REQUIRE(welcome.last_progress->cycle == 1);
  REQUIRE(welcome.truth.has_value());
  REQUIRE(welcome.truth->state->seq == 100);
  REQUIRE(welcome.truth->state->services.at(0).size() == 101);

  next.Begin(*welcome.truth->state);
  next.Grow(50);
  next.Report(ChurnStep::kFinished, 3);
  REQUIRE(run.In(Stage::kConcluded));
  const auto view = run.server->View("run-1").value();
  REQUIRE(view.clients.Total().credited == 900);
  REQUIRE(view.churn.changes == 150);
  REQUIRE(run.one->Gaps() == 0);
  REQUIRE(run.one->Addresses().size() == 151);
  REQUIRE(next.Starts() == 0);
}

TEST_CASE("Ending sessions and servers is prompt, attached or not", "[coordination]") {
  Theatre theatre;
  const auto begin = SystemClock().Mono();
  {
    auto options = theatre.Session("one", 1);
    options.backoff_min = std::chrono::seconds{30};
    options.backoff_max = std::chrono::seconds{60};
    Client nobody_there(theatre, options, 1);
    options.address = "no-such-name.invalid:9092";
    Client no_name(theatre, options, 1);
    nobody_there.Withhold(1);  // reports
    REQUIRE_FALSE(nobody_there.Session().Flush(std::chrono::milliseconds{100}));
    REQUIRE_FALSE(no_name.Session().Attached());
  }
  {
    const auto server = theatre.Open();
    REQUIRE(server->AddRun(theatre.spec).has_value());
    Client client(theatre, theatre.Session("one", server->Port()), 1);
    REQUIRE(theatre.board.Await([&] { return client.Session().Attached(); }));
  }
  REQUIRE(SystemClock().Mono() - begin < std::chrono::seconds{5});
}

}  // namespace
}  // namespace dst_load::coordination::test
