#include <catch2/catch.hpp>

#include "stage.h"

namespace dst_load::coordination::test {
namespace {

const measure::TruthState kFirst{0, {{{"10.9.0.1", 8080, "pod-a"}}}};

TEST_CASE("A run passes all its stages with churn and two clients, and its counts add up", "[coordination]") {
  Theatre theatre;
  const auto server = theatre.Open();
  REQUIRE(server->AddRun(theatre.spec).has_value());
  REQUIRE(server->AddRun(theatre.spec).error().code == Code::kAlreadyExists);
  const auto stage = [&] { return server->View("run-1")->stage; };

  Churn churn(theatre, theatre.Session("churn", server->Port()));
  churn.Begin(kFirst);
  churn.Report(ChurnStep::kReady);
  Client one(theatre, theatre.Session("one", server->Port()), 3);
  REQUIRE(theatre.board.Await([&] { return server->View("run-1")->clients_joined == 1; }));
  REQUIRE(stage() == Stage::kGathering);
  REQUIRE(churn.Starts() == 0);

  Client two(theatre, theatre.Session("two", server->Port()), 3);
  REQUIRE(theatre.board.Await([&] { return churn.Starts() == 1; }));
  REQUIRE(stage() == Stage::kRunning);

  churn.Report(ChurnStep::kScaleUp);
  churn.Grow(2500);
  REQUIRE(theatre.board.Await([&] { return one.TruthSeq() == 2500 && two.TruthSeq() == 2500; }));
  churn.Report(ChurnStep::kFinished, 3);
  REQUIRE(theatre.board.Await([&] { return stage() == Stage::kConcluded; }));
  REQUIRE(one.Concluded());
  REQUIRE(two.Concluded());
  REQUIRE(one.Addresses().size() == 2501);

  const auto view = server->View("run-1").value();
  REQUIRE(view.facts.started);
  REQUIRE(view.facts.finished);
  REQUIRE(view.facts.clients_concluded == 2);
  REQUIRE(view.facts.streams_peak == 6);
  REQUIRE(view.clients.Total().credited == 6 * 2500);
  REQUIRE(view.clients.Total().destination.Count() == 6 * 2500);
  REQUIRE(view.churn.changes == 2500);
  REQUIRE(view.progress.cycle == 3);
  REQUIRE(view.workers_lost == 0);
  REQUIRE(view.facts.abandoned == 0);

  server->Release("run-1");
  REQUIRE(theatre.board.Await([&] { return churn.Released() && one.Released() && two.Released(); }));
  Client late(theatre, theatre.Session("late", server->Port()), 1);
  REQUIRE(theatre.board.Await([&] { return late.Released(); }));
  REQUIRE(stage() == Stage::kReleased);
  REQUIRE(churn.Session().Flush(std::chrono::seconds{5}));
}

TEST_CASE("Clocks of workers on one host are found equal within the error of the probes", "[coordination]") {
  Theatre theatre;
  const auto server = theatre.Open();
  REQUIRE(server->AddRun(theatre.spec).has_value());
  Client client(theatre, theatre.Session("one", server->Port()), 1);
  const auto probed = [&] {
    const auto view = server->View("run-1").value();
    return view.workers.size() == 1 && view.workers[0].clock_error > Micros{0};
  };
  REQUIRE(theatre.board.Await(probed));
  const auto worker = server->View("run-1")->workers[0];
  REQUIRE(std::chrono::abs(worker.clock_offset) <= worker.clock_error + Micros{1});
  REQUIRE(worker.clock_error < std::chrono::milliseconds{100});
}

TEST_CASE("A client that asks for the state gets it", "[coordination]") {
  Theatre theatre;
  const auto server = theatre.Open();
  REQUIRE(server->AddRun(theatre.spec).has_value());
  Churn churn(theatre, theatre.Session("churn", server->Port()));
  churn.Begin(kFirst);
  churn.Grow(5);
  Client client(theatre, theatre.Session("one", server->Port()), 1);
  REQUIRE(theatre.board.Await([&] { return client.TruthSeq() == 5; }));
  const auto before = client.Gaps();
  churn.Grow(5);
  REQUIRE(theatre.board.Await([&] { return client.TruthSeq() == 10; }));
  client.Session().RequestTruth();
  churn.Grow(1);
  REQUIRE(theatre.board.Await([&] { return client.TruthSeq() == 11; }));
  REQUIRE(client.Addresses().size() == 12);
  REQUIRE(client.Gaps() <= before + 1);
}

TEST_CASE("A client is paced by Acks when there is too much to take, and its final report is not", "[coordination]") {
  Theatre theatre;
  theatre.limits.report_bytes_per_second = 1;
  const auto server = theatre.Open();
  REQUIRE(server->AddRun(theatre.spec).has_value());
  Churn churn(theatre, theatre.Session("churn", server->Port()));
  churn.Begin(kFirst);
  Client one(theatre, theatre.Session("one", server->Port()), 3);
  REQUIRE(theatre.board.Await([&] { return server->View("run-1")->clients_joined == 1; }));
  // Its Ack is late, and what is reported meanwhile waits.
  const auto taken = [&] { return server->View("run-1")->clients.Total().credited; };
  REQUIRE(taken() == 0);
  churn.Grow(5);
  REQUIRE(theatre.board.Await([&] { return one.TruthSeq() == 5; }));
  REQUIRE_FALSE(one.Session().Flush(std::chrono::milliseconds{20}));
  REQUIRE(taken() == 0);
  REQUIRE(one.Retire());
  REQUIRE(taken() == 3 * 5);
}

TEST_CASE("A run stopped in the middle drains and finishes", "[coordination]") {
  Theatre theatre;
  theatre.spec.clients_expected = 1;
  theatre.spec.streams_expected = 3;
  const auto server = theatre.Open();
  REQUIRE(server->AddRun(theatre.spec).has_value());
  Churn churn(theatre, theatre.Session("churn", server->Port()));
  churn.Begin(kFirst);
  churn.Report(ChurnStep::kReady);
  Client one(theatre, theatre.Session("one", server->Port()), 3);
  REQUIRE(theatre.board.Await([&] { return churn.Starts() == 1; }));
  churn.Report(ChurnStep::kHoldMax);
  server->Stop("run-1");
  server->Stop("run-1");
  REQUIRE(theatre.board.Await([&] { return churn.Stops() == 1; }));
  REQUIRE(server->View("run-1")->stage == Stage::kRunning);
  churn.Report(ChurnStep::kFinished);
  REQUIRE(theatre.board.Await([&] { return server->View("run-1")->stage == Stage::kConcluded; }));
  REQUIRE(server->View("run-1")->facts.finished);
}

}  // namespace
}  // namespace dst_load::coordination::test
