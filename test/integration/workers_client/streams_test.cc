// The client alone, without a coordinator: its streams, and how they are counted.
#include <catch2/catch.hpp>

#include "client_fixture.h"

using namespace dst_load;
using namespace dst_load::workers;
using namespace dst_load::workers::test;
using namespace std::chrono_literals;

namespace {

const FakeDestination::Endpoint kOne{0x0A000001, 8080, "pod-1"};
const FakeDestination::Endpoint kTwo{0x0A000002, 8080, "pod-2"};

std::uint64_t Updates(const ShardView& view) { return view.updates.at(0) + view.updates.at(1); }

}  // namespace

TEST_CASE("A client opens its streams, asks for its services and counts what comes", "[client]") {
  FakeDestination destination;
  destination.Add(kServiceA, {kOne, kTwo});
  RunningClient client(SmallOptions(destination.Address()));
  REQUIRE(client.AwaitOpen());
  REQUIRE(Await([&] { return destination.OpenStreams() == 4; }));
  destination.Remove(kServiceA, {kOne});
  destination.Add(kServiceB, {kOne});

  // 2 streams x (2 adds + 1 remove) of A, 2 x 1 add of B.
  REQUIRE(Await([&] { return Updates(*client.Latest()) == 8; }));
  const auto view = client.Latest();
  CHECK(view->updates == std::vector<std::uint64_t>{6, 2});
  CHECK(view->snapshot.services.at(0).messages == 4);
  CHECK(view->snapshot.services.at(1).messages == 2);
  CHECK(view->snapshot.services.at(0).first_update.Count() == 2);
  CHECK(view->snapshot.streams_created == 4);
  CHECK(view->snapshot.connection_duration.Count() == 2);
  CHECK(view->snapshot.errors.empty());
  CHECK(view->trouble.empty());
  CHECK(destination.Peers() == 2);
  for (const auto& request : destination.Requests()) CHECK(request.context_token() == R"({"ns":"default"})");

  client.Stop();
  CHECK(client.Counts().streams_open == 0);
  CHECK(client.Counts().streams_reset == 0);
  CHECK(Await([&] { return destination.OpenStreams() == 0; }));
}

TEST_CASE("A stream that the server ends with OK is a send timeout and is opened again", "[client]") {
  FakeDestination destination;
  destination.Add(kServiceA, {kOne});
  destination.Add(kServiceB, {kOne});
  RunningClient client(SmallOptions(destination.Address()));
  REQUIRE(Await([&] { return Updates(*client.Latest()) == 4; }));
  destination.End(grpc::Status::OK);
  REQUIRE(Await([&] { return client.Counts().send_timeouts == 4; }));
  REQUIRE(Await([&] { return Updates(*client.Latest()) == 8; }));
  CHECK(client.Counts().streams_created == 8);
  CHECK(client.Counts().stream_lifetime.Count() == 4);
  CHECK(client.Counts().errors.empty());
}

TEST_CASE("A stream that fails is counted by its code and is opened again", "[client]") {
  FakeDestination destination;
  destination.Add(kServiceA, {kOne});
  destination.Add(kServiceB, {kOne});
  RunningClient client(SmallOptions(destination.Address()));
  REQUIRE(Await([&] { return Updates(*client.Latest()) == 4; }));
  destination.End({grpc::RESOURCE_EXHAUSTED, "enough"});
  REQUIRE(Await([&] { return client.Counts().errors["resource_exhausted"] == 4; }));
  REQUIRE(Await([&] { return Updates(*client.Latest()) == 8; }));
  CHECK_THAT(client.Latest()->trouble, Catch::Contains("resource_exhausted: enough"));
  CHECK(client.Counts().send_timeouts == 0);
}

TEST_CASE("A refusal is an error with its reason, and is retried more slowly", "[client]") {
  FakeDestination destination;
  destination.Refuse({grpc::NOT_FOUND, "no such service"});
  RunningClient client(SmallOptions(destination.Address()));
  REQUIRE(Await([&] { return client.Counts().errors["not_found"] == 4; }));
  destination.Refuse(grpc::Status::OK);
  destination.Add(kServiceA, {kOne});
  destination.Add(kServiceB, {kOne});
  REQUIRE(Await([&] { return Updates(*client.Latest()) == 4; }));
  CHECK(client.Counts().errors["not_found"] == 4);
}

TEST_CASE("Bytes that are no update end the stream as malformed", "[client]") {
  FakeDestination destination;
  destination.Add(kServiceA, {kOne});
  destination.Add(kServiceB, {kOne});
  RunningClient client(SmallOptions(destination.Address()));
  REQUIRE(Await([&] { return Updates(*client.Latest()) == 4; }));
  destination.Garble();
  REQUIRE(Await([&] { return client.Counts().errors["malformed"] == 4; }));
  REQUIRE(Await([&] { return Updates(*client.Latest()) == 8; }));
}

TEST_CASE("The reset interval closes all streams and opens them again", "[client]") {
  FakeDestination destination;
  destination.Add(kServiceA, {kOne});
  auto options = SmallOptions(destination.Address());
  options.stream_reset_interval = 1s;
  RunningClient client(options);
  REQUIRE(Await([&] { return client.Counts().streams_reset >= 8; }));
  CHECK(client.Counts().streams_reset % 4 == 0);
  CHECK(client.Counts().errors.empty());
  CHECK(client.Counts().send_timeouts == 0);
}

TEST_CASE("Streams are closed at the end of their life without any message", "[client]") {
  FakeDestination destination;  // silent
  auto options = SmallOptions(destination.Address());
  options.stream_max_lifetime = 400ms;
  RunningClient client(options);
  REQUIRE(Await([&] { return client.Counts().streams_reset >= 8; }));
  CHECK(*client.Counts().stream_lifetime.Max() < 2s);
}

TEST_CASE("A destination that cannot be reached is trouble, told in words, until it can", "[client]") {
  int port = 0;
  { port = FakeDestination().Port(); }
  RunningClient client(SmallOptions("127.0.0.1:" + std::to_string(port)));
  REQUIRE(Await([&] { return client.Counts().errors["unavailable"] >= 4; }));
  CHECK_THAT(client.Latest()->trouble, Catch::Contains("destination 127.0.0.1:") && Catch::Contains("unavailable"));
  CHECK(client.Counts().streams_created == 0);

  FakeDestination destination(port);
  REQUIRE(destination.Port() == port);
  REQUIRE(client.AwaitOpen());
  CHECK(client.Counts().streams_created == 4);
}

TEST_CASE("A client with a duration ends by itself", "[client]") {
  FakeDestination destination;
  auto options = SmallOptions(destination.Address());
  options.duration = 300ms;
  const auto worker = ClientWorker::Create(options, SystemClock()).value();
  const auto before = SystemClock().Mono();
  worker->Run({});
  CHECK(SystemClock().Mono() - before >= 300ms);
  CHECK(SystemClock().Mono() - before < 5s);
  CHECK(worker->Latest()->snapshot.streams_created == 4);
}
