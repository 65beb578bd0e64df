#include <array>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "absurd.h"
#include "raw_peer.h"
#include "stage.h"

namespace dst_load::coordination::test {
namespace {

constexpr std::uint64_t kMessages = 10'000;
constexpr std::uint64_t kPeers = 3;
const measure::TruthState kFirst{0, {{{"10.9.0.1", 8080, "pod-a"}}}};

/// A run that goes on beside what the test does, of well-behaved workers.
struct Beside {
  explicit Beside(const ServerOptions& limits = {}) {
    theatre.limits = limits;
    server = theatre.Open();
    REQUIRE(server->AddRun(theatre.spec).has_value());
    churn.emplace(theatre, theatre.Session("churn", server->Port()));
    churn->Begin(kFirst);
    churn->Report(ChurnStep::kReady);
    one.emplace(theatre, theatre.Session("one", server->Port()), 3);
    two.emplace(theatre, theatre.Session("two", server->Port()), 3);
    REQUIRE(theatre.board.Await([&] { return churn->Starts() == 1; }));
    churn->Grow(50);
  }
  /// Ends the run, and requires that it is as if nobody else had been there.
  void RequireUnharmed(std::size_t workers = 3) {
    churn->Grow(50);
    churn->Report(ChurnStep::kFinished, 3);
    REQUIRE(theatre.board.Await([&] { return server->View("run-1")->stage == Stage::kConcluded; }));
    const auto view = server->View("run-1").value();
    REQUIRE(view.clients.Total().due == 600);
    REQUIRE(view.clients.Total().credited == 600);
    REQUIRE(view.churn.changes == 100);
    REQUIRE(view.workers.size() == workers);
    REQUIRE(view.workers_lost == 0);
    REQUIRE(one->Gaps() + two->Gaps() == 0);
    REQUIRE(churn->Starts() == 1);
    REQUIRE(churn->Session().Attached());
  }
  Theatre theatre;
  std::unique_ptr<Server> server;
  std::optional<Churn> churn;
  std::optional<Client> one, two;
};

v1::WorkerMessage Hello(const std::string& run, const std::string& instance, v1::Role role = v1::ROLE_CLIENT) {
  v1::WorkerMessage message;
  message.mutable_hello()->set_run_id(run);
  message.mutable_hello()->set_instance(instance);
  message.mutable_hello()->set_role(role);
  return message;
}

struct Told {
  std::uint64_t sent = 0, malformed = 0;
  std::string surprise;  ///< an end that no message of ours explains
};

/// Streams of one seed, each a hello and some absurd messages, until `messages` are sent.
Told Babble(const std::shared_ptr<grpc::Channel>& channel, std::uint64_t seed, std::uint64_t messages) {
  Random random(seed);
  Told told;
  while (told.sent < messages && told.surprise.empty()) {
    RawPeer peer(channel, "the-other-token");
    const std::string instance = "babbler-" + std::to_string(random.Below(40));
    const auto role = random.Below(4) == 0 ? v1::ROLE_CHURN : v1::ROLE_CLIENT;
    if (random.Below(10) != 0) peer.Send(Hello("run-2", role == v1::ROLE_CHURN ? "c" + instance : instance, role));
    const auto count = 1 + random.Below(12);
    for (std::uint64_t i = 0; i < count; ++i, ++told.sent) {
      const bool going = random.Below(4) == 0 ? peer.Send(AbsurdBytes(random)) : peer.Send(AbsurdMessage(random));
      if (!going) break;
    }
    const auto status = peer.Finish();
    if (status.error_code() == grpc::StatusCode::INVALID_ARGUMENT) ++told.malformed;
    // Ok: nothing was wrong with it. The others: another took its place; no such run, or not its token, in a hello.
    const bool known = status.ok() || status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ||
                       status.error_code() == grpc::StatusCode::ABORTED ||
                       status.error_code() == grpc::StatusCode::NOT_FOUND ||
                       status.error_code() == grpc::StatusCode::FAILED_PRECONDITION;
    if (!known) told.surprise = std::to_string(status.error_code()) + ": " + status.error_message();
  }
  return told;
}

TEST_CASE("Ten thousand absurd messages break nothing, are counted, and leave the run beside them alone",
          "[coordination][fuzz]") {
  Beside beside;
  RunSpec other;
  other.run_id = "run-2";
  other.token = "the-other-token";
  other.clients_expected = 1;
  other.streams_expected = 1;
  REQUIRE(beside.server->AddRun(other).has_value());
  const std::uint64_t seed = 20'270'115;
  INFO("seed " << seed);
  std::atomic<std::uint64_t> talking{kPeers};
  std::array<Told, kPeers> told;
  {
    std::vector<std::jthread> peers;
    for (std::uint64_t i = 0; i < kPeers; ++i) {
      peers.emplace_back([&, i] {
        told[i] =
            Babble(RawChannel(beside.theatre.Session("raw", beside.server->Port())), seed + i, kMessages / kPeers + 1);
        --talking;
        beside.theatre.board.Happened();
      });
    }
    // What they leave must be readable at any time, and to a coordinator that takes over.
    while (talking > 0) {
      REQUIRE(beside.server->View("run-2").has_value());
      RunSpec again = other;
      again.run_id = "run-3";
      REQUIRE(beside.server->AddRun(again, beside.server->Checkpoint("run-2")).has_value());
      REQUIRE(beside.server->View("run-3").has_value());
      beside.server->RemoveRun("run-3");
    }
  }
  std::uint64_t sent = 0, malformed = 0;
  for (const auto& each : told) {
    INFO(each.surprise);
    CHECK(each.surprise.empty());
    sent += each.sent;
    malformed += each.malformed;
  }
  CHECK(sent >= kMessages);
  CHECK(malformed > kMessages / 100);
  const auto stats = beside.server->Stats();
  CHECK(stats.malformed == malformed);
  CHECK(stats.flooded == 0);
  beside.RequireUnharmed();
}

TEST_CASE("A worker that floods the coordinator without ever reading is ended and counted", "[coordination][fuzz]") {
  ServerOptions limits;
  limits.message_burst = 2000;
  limits.messages_per_second = 50;
  Beside beside(limits);
  RawPeer flood(RawChannel(beside.theatre.Session("raw", beside.server->Port())), "the-token");
  REQUIRE(flood.Send(Hello("run-1", "flood")));
  v1::WorkerMessage asks;
  asks.mutable_truth_request();
  std::uint64_t sent = 0;
  // Until it is ended. How much of that lies in buffers only, nobody knows; the server never has more than one
  // directive for it under way.
  while (flood.Send(asks)) ++sent;
  CHECK(flood.Finish().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(sent >= 2000 - 1);  // the burst, of which the hello is one
  CHECK(beside.server->Stats().flooded == 1);
  CHECK(beside.server->Stats().malformed == 0);
  beside.RequireUnharmed(4);
}

TEST_CASE("Sessions that never say who they are are bounded", "[coordination][fuzz]") {
  Theatre theatre;
  theatre.limits.max_strangers = 8;
  const auto server = theatre.Open();
  REQUIRE(server->AddRun(theatre.spec).has_value());
  std::vector<std::unique_ptr<RawPeer>> strangers;
  for (int i = 0; i < 8; ++i) {
    strangers.push_back(std::make_unique<RawPeer>(RawChannel(theatre.Session("raw", server->Port())), "the-token"));
  }
  // Until the server has taken all of them, one more may still find room: it then is one of them.
  REQUIRE(theatre.board.Await([&] {
    strangers.push_back(std::make_unique<RawPeer>(RawChannel(theatre.Session("raw", server->Port())), "the-token"));
    return server->Stats().flooded > 0;
  }));
  strangers.clear();
  Client client(theatre, theatre.Session("one", server->Port()), 1);
  CHECK(theatre.board.Await([&] { return client.Session().Attached(); }));
}

}  // namespace
}  // namespace dst_load::coordination::test
