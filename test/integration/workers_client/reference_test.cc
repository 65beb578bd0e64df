// The reference destination's server, and the client against it.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <atomic>

#include <catch2/catch.hpp>

#include "client_fixture.h"
#include "workers/reference/server.h"

using namespace dst_load;
using namespace dst_load::workers;
using namespace dst_load::workers::test;
using namespace std::chrono_literals;

namespace {

reference::Slice SliceOf(const std::string& service, std::vector<reference::Slice::Address> ready) {
  return {"ns", service, {8080}, std::move(ready)};
}

struct Reference {
  explicit Reference(const std::vector<std::string>& faults = {}, Micros delay = 100ms)
      : topics(reference::FaultPlan::Read(faults, 1, delay).value()) {}
  std::uint64_t Struck(reference::FaultKind kind) const {
    return server->Stats().faults[static_cast<std::size_t>(kind)];
  }

  reference::Topics topics;
  std::unique_ptr<reference::Server> server =
      reference::Server::Create({.listen = "127.0.0.1:0", .cluster_domain = "cluster.local", .threads = 2}, topics)
          .value();
  std::string Address() const { return "127.0.0.1:" + std::to_string(server->Port()); }
};

}  // namespace

TEST_CASE("The reference tells the client's streams of every change", "[reference]") {
  Reference reference;
  reference.topics.Set({"ns", "a-1"}, SliceOf("a", {{"10.0.0.1", "p1"}, {"10.0.0.2", "p2"}}));
  RunningClient client(SmallOptions(reference.Address()));
  REQUIRE(client.AwaitOpen());
  REQUIRE(Await([&] { return client.Latest()->updates.at(0) == 4; }));
  reference.topics.Set({"ns", "a-1"}, SliceOf("a", {{"10.0.0.2", "p2"}, {"10.0.0.3", "p3"}}));
  reference.topics.Set({"ns", "b-1"}, SliceOf("b", {{"fd00::1", "q1"}}));
  REQUIRE(Await([&] { return client.Latest()->updates == std::vector<std::uint64_t>{8, 2}; }));
  CHECK(reference.server->Stats().streams_active == 4);
  CHECK(reference.server->Stats().updates_sent == 8);  // 2 x (set, add, remove) of a, 2 x add of b
  client.Stop();
  CHECK(Await([&] { return reference.server->Stats().streams_active == 0; }));
}

TEST_CASE("The reference refuses a path that is no service's name", "[reference]") {
  Reference reference;
  auto options = SmallOptions(reference.Address());
  options.services = {"10.0.0.1:80", "web:80"};
  RunningClient client(options);
  REQUIRE(Await([&] { return client.Counts().errors["invalid_argument"] == 4; }));
  CHECK(reference.server->Stats().refused >= 4);
  CHECK_THAT(client.Latest()->trouble, Catch::Contains("invalid_argument"));
}

TEST_CASE("A stream that does not keep up is ended with OK and counted", "[reference]") {
  Reference reference;
  const auto channel = grpc::CreateChannel(reference.Address(), grpc::InsecureChannelCredentials());
  const auto stub = dst::Destination::NewStub(channel);
  grpc::ClientContext context;
  dst::GetDestination request;
  request.set_path(kServiceA);
  const auto reader = stub->Get(&context, request);
  REQUIRE(Await([&] { return reference.server->Stats().streams_active == 1; }));
  // Nobody reads: flow control stops the writes, and the queue fills up.
  std::vector<reference::Slice::Address> many;
  for (int i = 0; i < 200; ++i) many.push_back({"10.0." + std::to_string(i) + ".1", std::string(60, 'p')});
  REQUIRE(Await([&] {
    for (int i = 0; i < 20; ++i) {
      reference.topics.Set({"ns", "a-1"}, SliceOf("a", many));
      reference.topics.Set({"ns", "a-1"}, SliceOf("a", {}));
    }
    return reference.server->Stats().overflows == 1;
  }));
  dst::Update update;
  std::uint64_t read = 0;
  while (reader->Read(&update)) ++read;
  CHECK(read == reference.server->Stats().updates_sent);
  CHECK(reader->Finish().ok());
  CHECK(Await([&] { return reference.server->Stats().streams_active == 0; }));
}

TEST_CASE("A server that goes ends its streams, whatever they are doing", "[reference]") {
  auto reference = std::make_unique<Reference>();
  reference->topics.Set({"ns", "a-1"}, SliceOf("a", {{"10.0.0.1", "p1"}}));
  RunningClient client(SmallOptions(reference->Address()));
  REQUIRE(client.AwaitOpen());
  reference.reset();
  CHECK(Await([&] { return client.Counts().streams_open == 0; }));
}

TEST_CASE("A stream that a fault resets fails after its message, and is opened again", "[reference]") {
  Reference reference({"reset"});
  reference.topics.Set({"ns", "a-1"}, SliceOf("a", {{"10.0.0.1", "p1"}}));
  RunningClient client(SmallOptions(reference.Address()));
  REQUIRE(Await([&] { return client.Counts().errors["unavailable"] >= 4; }));
  client.Stop();
  CHECK(client.Latest()->updates.at(0) >= 4);  // said before the end
  CHECK(client.Counts().send_timeouts == 0);
  CHECK(reference.Struck(reference::FaultKind::kReset) >= 4);
  CHECK(reference.server->Stats().overflows == 0);
}

TEST_CASE("A stream that a fault lets overflow ends with OK after its message", "[reference]") {
  Reference reference({"overflow"});
  reference.topics.Set({"ns", "a-1"}, SliceOf("a", {{"10.0.0.1", "p1"}}));
  RunningClient client(SmallOptions(reference.Address()));
  REQUIRE(Await([&] { return client.Counts().send_timeouts >= 4; }));
  client.Stop();
  CHECK(client.Latest()->updates.at(0) >= 4);
  CHECK(client.Counts().errors.empty());
  CHECK(reference.server->Stats().overflows == reference.Struck(reference::FaultKind::kOverflow));
}

TEST_CASE("What is delayed comes late, in order, and with the stream's end behind it", "[reference]") {
  Reference reference({"delay:50", "overflow:20"}, 20ms);
  const auto channel = grpc::CreateChannel(reference.Address(), grpc::InsecureChannelCredentials());
  const auto stub = dst::Destination::NewStub(channel);
  grpc::ClientContext context;
  dst::GetDestination request;
  request.set_path(kServiceA);
  const auto before = SystemClock().Mono();
  const auto reader = stub->Get(&context, request);
  REQUIRE(Await([&] { return reference.server->Stats().streams_active == 1; }));
  std::vector<reference::Slice::Address> ready;
  while (reference.Struck(reference::FaultKind::kOverflow) == 0) {
    const auto n = std::to_string(ready.size() + 1);
    ready.push_back({"10.0.0." + n, "p" + n});
    reference.topics.Set({"ns", "a-1"}, SliceOf("a", ready));
  }
  dst::Update update;
  std::uint32_t read = 0;
  while (reader->Read(&update)) CHECK(update.add().addrs(0).addr().ip().ipv4() == 0x0A000000U + ++read);
  CHECK(read == ready.size());
  CHECK(reader->Finish().ok());
  REQUIRE(reference.Struck(reference::FaultKind::kDelay) > 0);
  CHECK(SystemClock().Mono() - before >= 20ms);
}

TEST_CASE("A server whose streams hold messages back ends at once", "[reference]") {
  auto reference = std::make_unique<Reference>(std::vector<std::string>{"delay"}, 1h);
  reference->topics.Set({"ns", "a-1"}, SliceOf("a", {{"10.0.0.1", "p1"}}));
  RunningClient client(SmallOptions(reference->Address()));
  REQUIRE(Await([&] { return reference->Struck(reference::FaultKind::kDelay) == 2; }));
  reference.reset();
  CHECK(Await([&] { return client.Counts().streams_open == 0; }));
  CHECK(client.Latest()->updates.at(0) == 0);
}

TEST_CASE("A port that is taken is an error", "[reference]") {
  Reference first;
  reference::Topics topics;
  const auto second = reference::Server::Create({.listen = first.Address()}, topics);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Code::kUnavailable);
}
