#include "workers/client/destination_decoder.h"

#include <arpa/inet.h>
#include <google/protobuf/stubs/logging.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <string>
#include <tuple>

#include <catch2/catch.hpp>

#include "base/random.h"
#include "proto/destination.pb.h"
#include "workers/client/wire_bytes.h"

using namespace dst_load;
using namespace dst_load::workers;
namespace dst = io::linkerd::proxy::destination;

namespace {

using Seen = std::vector<std::tuple<std::string, unsigned, std::string>>;

Seen Copy(const std::vector<measure::Sighting>& sightings) {
  Seen out;
  for (const auto& s : sightings) out.emplace_back(s.ip, s.port, s.pod);
  return out;
}

std::string Text(const dst::IPAddress& ip) {
  char text[INET6_ADDRSTRLEN] = "";
  if (ip.has_ipv4()) {
    const in_addr bytes{htonl(ip.ipv4())};
    inet_ntop(AF_INET, &bytes, text, sizeof text);
  } else if (ip.has_ipv6()) {
    unsigned char bytes[16];
    for (int i = 0; i < 8; ++i) {
      bytes[i] = static_cast<unsigned char>(ip.ipv6().first() >> (56 - 8 * i));
      bytes[8 + i] = static_cast<unsigned char>(ip.ipv6().last() >> (56 - 8 * i));
    }
    inet_ntop(AF_INET6, bytes, text, sizeof text);
  }
  return text;
}

// What the generated classes make of a message.
Seen Added(const dst::Update& update) {
  Seen out;
  for (const auto& a : update.add().addrs()) {
    const auto pod = a.metric_labels().find("pod");
    out.emplace_back(Text(a.addr().ip()), a.addr().port(), pod == a.metric_labels().end() ? "" : pod->second);
  }
  return out;
}
Seen Removed(const dst::Update& update) {
  Seen out;
  for (const auto& a : update.remove().addrs()) out.emplace_back(Text(a.ip()), a.port(), "");
  return out;
}

void FillTcp(Random& random, dst::TcpAddress& address) {
  if (random.Below(8) == 0) return;  // nothing set
  if (random.Below(3) == 0) {
    // Runs of zeros, so that shortening is exercised.
    address.mutable_ip()->mutable_ipv6()->set_first(random.Below(2) == 0 ? random.Next() : random.Next() << 48);
    address.mutable_ip()->mutable_ipv6()->set_last(random.Below(2) == 0 ? random.Next() : random.Below(65536));
  } else {
    address.mutable_ip()->set_ipv4(static_cast<std::uint32_t>(random.Next()));
  }
  address.set_port(static_cast<std::uint32_t>(random.Below(65536)));
}

dst::Update RandomUpdate(Random& random) {
  dst::Update update;
  const auto count = random.Below(6);
  switch (random.Below(4)) {
    case 0:
      update.mutable_no_endpoints()->set_exists(random.Below(2) == 0);
      break;
    case 1:
      update.mutable_remove();
      for (std::uint64_t i = 0; i < count; ++i) FillTcp(random, *update.mutable_remove()->add_addrs());
      break;
    case 2:
      break;
    default:
      (*update.mutable_add()->mutable_metric_labels())["service"] = "s";
      for (std::uint64_t i = 0; i < count; ++i) {
        auto& weighted = *update.mutable_add()->add_addrs();
        FillTcp(random, *weighted.mutable_addr());
        weighted.set_weight(static_cast<std::uint32_t>(random.Below(20000)));
        (*weighted.mutable_metric_labels())["namespace"] = "ns";
        if (random.Below(4) != 0)
          (*weighted.mutable_metric_labels())["pod"] = "pod-" + std::to_string(random.Below(999));
        // Fields we do not know, as the real service sends them.
        weighted.GetReflection()->MutableUnknownFields(&weighted)->AddLengthDelimited(6, std::string(200, 'x'));
        weighted.GetReflection()->MutableUnknownFields(&weighted)->AddVarint(9, random.Next());
        weighted.GetReflection()->MutableUnknownFields(&weighted)->AddFixed32(10, 7);
        weighted.GetReflection()->MutableUnknownFields(&weighted)->AddGroup(11)->AddVarint(1, 5);
      }
  }
  return update;
}

grpc::ByteBuffer Sliced(Random& random, const std::string& bytes) {
  std::vector<grpc::Slice> slices;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto size = std::min<std::size_t>(bytes.size() - at, 1 + random.Below(40));
    slices.emplace_back(bytes.data() + at, size);
    at += size;
  }
  return {slices.data(), slices.size()};
}

}  // namespace

TEST_CASE("The decoder reads what the generated classes read, however the bytes are sliced", "[decoder]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  DestinationDecoder decoder;
  WireBytes wire;
  for (int round = 0; round < 3000; ++round) {
    const auto update = RandomUpdate(random);
    const auto bytes = update.SerializeAsString();
    INFO(update.ShortDebugString());
    REQUIRE(decoder.Decode(wire.Of(Sliced(random, bytes))));
    REQUIRE(Copy(decoder.Added()) == Added(update));
    REQUIRE(Copy(decoder.Removed()) == Removed(update));
    REQUIRE(decoder.NoEndpoints() == update.has_no_endpoints());
  }
}

TEST_CASE("Damaged bytes are refused, or read as the generated classes read them", "[decoder]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  DestinationDecoder decoder;
  const google::protobuf::LogSilencer silence;  // about labels that are no UTF-8
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    auto bytes = RandomUpdate(random).SerializeAsString();
    if (bytes.empty()) continue;
    if (random.Below(2) == 0) bytes.resize(random.Below(bytes.size()));
    for (auto flips = random.Below(4); flips > 0 && !bytes.empty(); --flips) {
      bytes[random.Below(bytes.size())] = static_cast<char>(random.Next());
    }
    dst::Update update;
    const bool ours = decoder.Decode(bytes);
    refused += ours ? 0 : 1;
    if (!update.ParseFromString(bytes)) continue;
    const auto added = Added(update), removed = Removed(update);
    const auto no_port = [](const auto& seen) { return std::get<1>(seen) > 65535; };
    if (std::any_of(added.begin(), added.end(), no_port) || std::any_of(removed.begin(), removed.end(), no_port)) {
      REQUIRE_FALSE(ours);
      continue;
    }
    INFO(update.ShortDebugString());
    REQUIRE(ours);
    REQUIRE(Copy(decoder.Added()) == added);
    REQUIRE(Copy(decoder.Removed()) == removed);
  }
  CHECK(refused > 100);
}

TEST_CASE("Garbage is refused", "[decoder]") {
  DestinationDecoder decoder;
  CHECK_FALSE(decoder.Decode("\x0a"));  // a length is missing
  CHECK_FALSE(
      decoder.Decode("\x0a\x05"
                     "ab"));                                 // shorter than it says
  CHECK_FALSE(decoder.Decode(std::string_view("\0\0", 2)));  // field 0
  CHECK_FALSE(decoder.Decode("\x0f"));                       // wire type 7
  CHECK_FALSE(decoder.Decode("\x24"));                       // a group that never began
  CHECK_FALSE(decoder.Decode(std::string(200, '\x23')));     // groups without end
  CHECK_FALSE(decoder.Decode(std::string(11, '\xff')));      // an overlong varint
  CHECK(decoder.Decode(""));
  CHECK(decoder.Added().empty());
}

TEST_CASE("Addresses are written as EndpointSlices carry them", "[decoder]") {
  dst::Update update;
  update.mutable_remove()->add_addrs()->mutable_ip()->set_ipv4(0x0A00FF07);
  auto* v6 = update.mutable_remove()->add_addrs()->mutable_ip()->mutable_ipv6();
  v6->set_first(0xfd00000000000000ULL);
  v6->set_last(0x1a);
  DestinationDecoder decoder;
  const auto bytes = update.SerializeAsString();
  REQUIRE(decoder.Decode(bytes));
  CHECK(decoder.Removed()[0].ip == "10.0.255.7");
  CHECK(decoder.Removed()[1].ip == "fd00::1a");
}

TEST_CASE("Metadata that cannot be is pointed out at each endpoint it is of", "[decoder]") {
  dst::Update update;
  for (const std::uint32_t weight : {10'000U, 1U, 100'000U}) {
    auto& endpoint = *update.mutable_add()->add_addrs();
    endpoint.mutable_addr()->mutable_ip()->set_ipv4(weight);
    endpoint.mutable_addr()->set_port(8080);
    endpoint.set_weight(weight);
  }
  auto& labels = *update.mutable_add()->mutable_metric_labels();
  labels["namespace"] = "shop";
  labels["service"] = "web";
  const auto expected = ExpectMetadata("web.shop.svc.cluster.local:80");
  DestinationDecoder decoder;
  std::string bytes = update.SerializeAsString();
  REQUIRE(decoder.Decode(bytes, &expected));
  CHECK(decoder.Added()[0].mismatch.empty());
  CHECK(decoder.Added()[1].mismatch == "weight 1");
  CHECK(decoder.Added()[2].mismatch.empty());

  labels["service"] = "other";
  bytes = update.SerializeAsString();
  REQUIRE(decoder.Decode(bytes, &expected));
  for (const auto& sighting : decoder.Added()) CHECK(sighting.mismatch == "label service=other");
  REQUIRE(decoder.Decode(bytes));
  CHECK(decoder.Added()[0].mismatch.empty());
}

TEST_CASE("What a set's labels must say comes from the path of the service", "[decoder]") {
  CHECK(ExpectMetadata("web.shop.svc.cluster.local:80").service == "web");
  CHECK(ExpectMetadata("web.shop.svc.cluster.local:80").ns == "shop");
  for (const auto* odd : {"web", "web.shop", "10.0.0.1:80", "web.shop.example.org:80"}) {
    CHECK(ExpectMetadata(odd).service.empty());
  }
}
