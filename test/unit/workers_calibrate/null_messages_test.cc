#include "workers/calibrate/null_messages.h"

#include <catch2/catch.hpp>

#include "workers/client/destination_decoder.h"
#include "workers/client/request.h"
#include "workers/client/wire_bytes.h"

namespace dst_load::workers::calibrate {
namespace {

using Endpoints = std::vector<measure::Endpoint>;

struct Read {
  Endpoints added, removed;
};

Read Decode(const grpc::ByteBuffer& message) {
  WireBytes wire;
  DestinationDecoder decoder;
  REQUIRE(decoder.Decode(wire.Of(message)));
  Read read;
  for (const auto& seen : decoder.Added()) {
    read.added.push_back({std::string(seen.ip), seen.port, std::string(seen.pod)});
  }
  for (const auto& seen : decoder.Removed()) read.removed.push_back({std::string(seen.ip), seen.port, ""});
  return read;
}

TEST_CASE("What the null destination sends is what the truth says", "[calibrate]") {
  const NullMessages messages = MessagesOf(300);
  CHECK(Decode(messages.first).added == Endpoints{Cell::Keeper(300)});
  CHECK(Decode(messages.add).added == Cell::Guests(300));
  CHECK(Decode(messages.add).removed.empty());
  Endpoints nameless = Cell::Guests(300);
  for (auto& guest : nameless) guest.pod.clear();
  CHECK(Decode(messages.remove).removed == nameless);
  CHECK(Decode(messages.remove).added.empty());
}

TEST_CASE("The null destination knows the services of its cell, and no others", "[calibrate]") {
  const Cell cell{20, 20, 200, std::chrono::seconds{1}};
  const auto asked = [&](const std::string& path) { return ServiceAskedFor(MakeRequest(path, "{}"), cell); };
  CHECK(asked(Cell::ServiceName(0)) == 0);
  CHECK(asked(Cell::ServiceName(19)) == 19);
  CHECK(asked(Cell::ServiceName(20)) == std::nullopt);
  CHECK(asked("calibrate-1.other.svc.cluster.local:8080") == std::nullopt);
  CHECK(asked("calibrate-0.calibrate.svc.cluster.local:8080") == std::nullopt);
  CHECK(asked("nothing") == std::nullopt);
  CHECK(ServiceAskedFor(grpc::ByteBuffer(), cell) == std::nullopt);
}

}  // namespace
}  // namespace dst_load::workers::calibrate
