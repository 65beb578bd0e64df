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
  void Tell(const Message& message) override {
    grpc::Slice slice;
    REQUIRE(message->DumpToSingleSlice(&slice).ok());
    REQUIRE(told.emplace_back().ParseFromArray(slice.begin(), static_cast<int>(slice.size())));
  }
};

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
