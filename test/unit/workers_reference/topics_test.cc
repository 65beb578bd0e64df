#include "workers/reference/topics.h"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <catch2/catch.hpp>

#include "proto/destination.pb.h"

using namespace dst_load;
using namespace dst_load::workers::reference;
namespace dst = io::linkerd::proxy::destination;

namespace {

const Target kTarget{"ns", "svc", 8080};
const kube::ObjectKey kKey{"ns", "svc-1"};

struct Recorder final : Topics::Subscriber {
  std::vector<dst::Update> told;
  std::vector<const grpc::ByteBuffer*> messages;
  std::vector<Micros> delays;
  std::optional<StreamEnding> end;
  void Tell(const Message& message) override { TellLater(message, Micros{0}); }
  void TellLater(const Message& message, Micros delay) override {
    grpc::Slice slice;
    REQUIRE(message->DumpToSingleSlice(&slice).ok());
    REQUIRE(told.emplace_back().ParseFromArray(slice.begin(), static_cast<int>(slice.size())));
    messages.push_back(message.get());
    delays.push_back(delay);
  }
  void End(StreamEnding ending) override { end = ending; }
};

FaultPlan PlanOf(const std::vector<std::string>& faults) {
  return FaultPlan::Read(faults, 1, std::chrono::milliseconds{100}).value();
}
std::uint64_t CountOf(const Topics& topics, FaultKind kind) { return topics.Faults()[static_cast<std::size_t>(kind)]; }

Slice Of(std::vector<Slice::Address> ready) { return {"ns", "svc", {8080}, std::move(ready)}; }

}  // namespace

TEST_CASE("A subscriber gets the whole set first, then adds before removes", "[topics]") {
  Topics topics;
  topics.Set(kKey, Of({{"10.0.0.1", "a"}, {"10.0.0.2", "b"}}));
  Recorder recorder;
  topics.Subscribe(kTarget, recorder);
  REQUIRE(recorder.told.size() == 1);
  REQUIRE(recorder.told[0].add().addrs_size() == 2);
  const auto& first = recorder.told[0].add().addrs(0);
  CHECK(first.addr().ip().ipv4() == 0x0A000001);
  CHECK(first.addr().port() == 8080);
  CHECK(first.weight() == 10000);
  CHECK(first.metric_labels().at("pod") == "a");
  CHECK(recorder.told[0].add().metric_labels().at("service") == "svc");

  topics.Set(kKey, Of({{"10.0.0.2", "b"}, {"fd00::3", "c"}}));
  REQUIRE(recorder.told.size() == 3);
  CHECK(recorder.told[1].add().addrs(0).addr().ip().ipv6().first() == 0xfd00000000000000ULL);
  CHECK(recorder.told[1].add().addrs(0).addr().ip().ipv6().last() == 3);
  CHECK(recorder.told[2].remove().addrs(0).ip().ipv4() == 0x0A000001);

  topics.Set(kKey, Of({{"fd00::3", "c"}, {"10.0.0.2", "b"}}));  // only the order
  CHECK(recorder.told.size() == 3);
  topics.Remove(kKey);
  REQUIRE(recorder.told.size() == 4);
  CHECK(recorder.told[3].remove().addrs_size() == 2);
  topics.Unsubscribe(kTarget, recorder);
}

TEST_CASE("A service without endpoints gets silence until it has some", "[topics]") {
  Topics topics;
  Recorder recorder;
  topics.Subscribe(kTarget, recorder);
  topics.Set({"ns", "other-1"}, {"ns", "other", {8080}, {{"10.0.0.9", "x"}}});
  topics.Set(kKey, Of({}));
  CHECK(recorder.told.empty());
  topics.Set(kKey, Of({{"10.0.0.1", "a"}}));
  REQUIRE(recorder.told.size() == 1);
  topics.Unsubscribe(kTarget, recorder);
  topics.Set(kKey, Of({}));
  CHECK(recorder.told.size() == 1);
}

TEST_CASE("Without faults all streams share one serialized message", "[topics]") {
  Topics topics;
  Recorder one, other;
  topics.Subscribe(kTarget, one);
  topics.Subscribe(kTarget, other);
  topics.Set(kKey, Of({{"10.0.0.1", "a"}}));
  topics.Set(kKey, Of({{"10.0.0.2", "b"}}));
  CHECK(one.messages.size() == 3);
  CHECK(one.messages == other.messages);
  CHECK(topics.Faults() == FaultCounts{});
  topics.Unsubscribe(kTarget, one);
  topics.Unsubscribe(kTarget, other);
}

TEST_CASE("A stale endpoint is the one that went last and whose address is free, and is never removed", "[topics]") {
  Topics topics(PlanOf({"stale"}));
  Recorder before;
  topics.Subscribe(kTarget, before);
  topics.Set(kKey, Of({{"10.0.0.1", "a"}, {"10.0.0.2", "b"}, {"10.0.0.3", "c"}}));
  topics.Set(kKey, Of({{"10.0.0.2", "b"}, {"10.0.0.3", "c"}}));
  topics.Set(kKey, Of({{"10.0.0.3", "c"}}));
  topics.Set(kKey, Of({{"10.0.0.2", "heir"}, {"10.0.0.3", "c"}}));
  CHECK(CountOf(topics, FaultKind::kStale) == 0);  // nothing was gone at the first opening
  topics.Unsubscribe(kTarget, before);             // what went is remembered without streams, too

  Recorder after;
  topics.Subscribe(kTarget, after);
  REQUIRE(after.told.size() == 1);
  REQUIRE(after.told[0].add().addrs_size() == 3);
  CHECK(after.told[0].add().addrs(0).metric_labels().at("pod") == "a");
  CHECK(CountOf(topics, FaultKind::kStale) == 1);
  topics.Set(kKey, Of({}));
  REQUIRE(after.told.size() == 2);
  CHECK(after.told[1].remove().addrs_size() == 2);
  topics.Unsubscribe(kTarget, after);
}

TEST_CASE("Metadata that is wrong is another service's, with a weight of 1", "[topics]") {
  Topics topics(PlanOf({"wrong-metadata"}));
  topics.Set(kKey, Of({{"10.0.0.1", "a"}}));
  Recorder recorder;
  topics.Subscribe(kTarget, recorder);
  REQUIRE(recorder.told.size() == 1);
  CHECK(recorder.told[0].add().addrs(0).weight() == 1);
  CHECK(recorder.told[0].add().metric_labels().at("service") != "svc");
  CHECK(recorder.told[0].add().addrs(0).metric_labels().at("pod") == "a");
  topics.Unsubscribe(kTarget, recorder);
}

TEST_CASE("A delay and an end are told to the stream as such", "[topics]") {
  Topics topics(PlanOf({"delay", "overflow"}));
  topics.Set(kKey, Of({{"10.0.0.1", "a"}}));
  Recorder recorder;
  topics.Subscribe(kTarget, recorder);
  CHECK(recorder.delays == std::vector<Micros>{std::chrono::milliseconds{100}});
  CHECK(recorder.end == StreamEnding::kOverflow);
  topics.Set(kKey, Of({}));
  CHECK(recorder.told.size() == 1);
  CHECK(CountOf(topics, FaultKind::kDelay) == 1);
  CHECK(CountOf(topics, FaultKind::kOverflow) == 1);
  topics.Unsubscribe(kTarget, recorder);
}

TEST_CASE("A blocked topic tells nobody while one stream has not taken its last message", "[topics]") {
  Topics topics(PlanOf({"block"}));
  Recorder fast, slow;
  topics.Subscribe(kTarget, fast);
  topics.Subscribe(kTarget, slow);
  topics.Set(kKey, Of({{"10.0.0.1", "a"}}));
  topics.Taken(kTarget, fast);
  topics.Set(kKey, Of({{"10.0.0.1", "a"}, {"10.0.0.2", "b"}}));
  topics.Set(kKey, Of({{"10.0.0.2", "b"}}));
  CHECK(fast.told.size() == 1);
  CHECK(CountOf(topics, FaultKind::kBlock) == 2);
  topics.Taken(kTarget, slow);
  CHECK(fast.told.size() == 2);
  CHECK(slow.told.size() == 2);
  topics.Taken(kTarget, fast);
  CHECK(fast.told.size() == 2);
  topics.Unsubscribe(kTarget, slow);  // who is gone holds up nobody
  CHECK(fast.told.size() == 3);
  topics.Unsubscribe(kTarget, fast);
}
