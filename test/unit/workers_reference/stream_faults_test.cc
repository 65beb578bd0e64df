#include "workers/reference/stream_faults.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "base/random.h"

using namespace dst_load;
using namespace dst_load::workers::reference;
using namespace std::chrono_literals;

namespace {

const Target kTarget{"ns", "svc", 8080};
const Endpoint kA{"10.0.0.1", 1, "a"}, kB{"10.0.0.2", 1, "b"}, kC{"10.0.0.3", 1, "c"}, kNewA{"10.0.0.1", 1, "new"};
using Message = StreamFaults::Message;
using Messages = std::vector<Message>;

Message Add(std::vector<Endpoint> endpoints) { return {.added = std::move(endpoints), .removed = {}, .end = {}}; }
Message Remove(std::vector<Endpoint> endpoints) { return {.added = {}, .removed = std::move(endpoints), .end = {}}; }
Message Ending(Message message, StreamEnding end) {
  message.end = end;
  return message;
}

// One stream of a plan.
struct Stream {
  explicit Stream(std::vector<std::string> faults, std::uint64_t number = 0)
      : plan(FaultPlan::Read(faults, 1, 100ms).value()), filter(plan, kTarget, number, counts) {}
  Messages Tell(const EndpointSet& truth, std::optional<Endpoint> gone = {}) { return filter.Tell(truth, gone); }
  std::uint64_t Count(FaultKind kind) const { return counts[static_cast<std::size_t>(kind)]; }

  FaultPlan plan;
  FaultCounts counts{};
  StreamFaults filter;
};

}  // namespace

TEST_CASE("A plan that never strikes tells the truth", "[faults]") {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    all.push_back(std::string(FaultName(static_cast<FaultKind>(i))) + ":0");
  }
  Stream stream(all);
  CHECK(stream.Tell({}).empty());
  CHECK(stream.Tell({kA, kB}, kC) == Messages{Add({kA, kB})});
  CHECK(stream.Tell({kA, kB}).empty());
  CHECK(stream.Tell({kB, kC}) == Messages{Add({kC}), Remove({kA})});
  CHECK(stream.Tell({}) == Messages{Remove({kB, kC})});
  CHECK(stream.counts == FaultCounts{});
}

TEST_CASE("drop-add leaves endpoints out of later messages, and out of their removal", "[faults]") {
  Stream stream({"drop-add"});
  CHECK(stream.Tell({kA}) == Messages{Add({kA})});  // the first message is whole
  CHECK(stream.Tell({kA, kB, kC}).empty());
  CHECK(stream.Count(FaultKind::kDropAdd) == 2);
  CHECK(stream.Tell({kB}) == Messages{Remove({kA})});
  CHECK(stream.Tell({}).empty());
  CHECK(stream.Tell({kB}).empty());  // come anew, dropped anew
  CHECK(stream.Count(FaultKind::kDropAdd) == 3);
}

TEST_CASE("drop-add at an address that changed hands takes the old owner away", "[faults]") {
  Stream stream({"drop-add"});
  stream.Tell({kA});
  CHECK(stream.Tell({kNewA}) == Messages{Remove({kA})});
  CHECK(stream.Tell({}).empty());
}

TEST_CASE("drop-remove keeps endpoints for good, unless their address is used again", "[faults]") {
  Stream stream({"drop-remove"});
  stream.Tell({kA, kB});
  CHECK(stream.Tell({kC}) == Messages{Add({kC})});
  CHECK(stream.Count(FaultKind::kDropRemove) == 2);
  CHECK(stream.Tell({kC, kNewA}) == Messages{Add({kNewA})});
  CHECK(stream.Tell({kC}).empty());
  CHECK(stream.Count(FaultKind::kDropRemove) == 3);
}

TEST_CASE("An address that changes hands is no opportunity for drop-remove", "[faults]") {
  Stream stream({"drop-remove"});
  stream.Tell({kA});
  CHECK(stream.Tell({kNewA}) == Messages{Add({kNewA})});
  CHECK(stream.Count(FaultKind::kDropRemove) == 0);
}

TEST_CASE("stale adds what is gone to the first message only", "[faults]") {
  Stream stream({"stale"});
  CHECK(stream.Tell({}, kA).empty());
  CHECK(stream.Tell({kB}, kA) == Messages{Add({kA, kB})});
  CHECK(stream.Tell({kB, kC}, kA) == Messages{Add({kC})});
  CHECK(stream.Tell({}, kA) == Messages{Remove({kB, kC})});
  CHECK(stream.Count(FaultKind::kStale) == 1);
  Stream nothing_gone({"stale"});
  CHECK(nothing_gone.Tell({kB}) == Messages{Add({kB})});
  CHECK(nothing_gone.Tell({kB, kC}, kA) == Messages{Add({kC})});
  CHECK(nothing_gone.Count(FaultKind::kStale) == 0);
}

TEST_CASE("duplicate sends messages twice", "[faults]") {
  Stream stream({"duplicate"});
  CHECK(stream.Tell({kA}) == Messages{Add({kA}), Add({kA})});
  CHECK(stream.Tell({kB}) == Messages{Add({kB}), Add({kB}), Remove({kA}), Remove({kA})});
  CHECK(stream.Count(FaultKind::kDuplicate) == 3);
}

TEST_CASE("delay puts messages off", "[faults]") {
  Stream stream({"delay"});
  Message late = Add({kA});
  late.delay = 100ms;
  CHECK(stream.Tell({kA}) == Messages{late});
  CHECK(stream.Count(FaultKind::kDelay) == 1);
}

TEST_CASE("flap takes a ready endpoint away and brings it back", "[faults]") {
  Stream stream({"flap"});
  CHECK(stream.Tell({kA}) == Messages{Add({kA}), Remove({kA}), Add({kA})});
  const auto told = stream.Tell({kB});
  CHECK(told == Messages{Add({kB}), Remove({kB}), Add({kB}), Remove({kA}), Remove({kB}), Add({kB})});
  CHECK(stream.Count(FaultKind::kFlap) == 3);
  CHECK(stream.Tell({}) == Messages{Remove({kB})});  // nothing is left that could
  CHECK(stream.Count(FaultKind::kFlap) == 3);
}

TEST_CASE("unknown adds addresses of nobody, and keeps them", "[faults]") {
  Stream stream({"unknown"});
  const auto first = stream.Tell({kA});
  REQUIRE(first.size() == 1);
  REQUIRE(first[0].added.size() == 2);
  CHECK(first[0].added[0] == kA);
  const Endpoint made_up = first[0].added[1];
  CHECK((made_up.ip.starts_with("198.18.") || made_up.ip.starts_with("198.19.")));
  CHECK(made_up.port == kA.port);
  const auto second = stream.Tell({kA, kB});
  REQUIRE(second[0].added.size() == 2);
  CHECK(second[0].added[1].ip != made_up.ip);
  CHECK(stream.Tell({}) == Messages{Remove({kA, kB})});  // no Add, no opportunity
  CHECK(stream.Count(FaultKind::kUnknown) == 2);
  CHECK(Stream({"unknown"}).Tell({kA}) == first);  // by the seed
}

TEST_CASE("stall ends what a stream says behind its first message", "[faults]") {
  Stream stream({"stall"});
  CHECK(stream.Tell({kA}) == Messages{Add({kA})});
  CHECK(stream.Tell({kB}).empty());
  CHECK(stream.Tell({kC}).empty());
  CHECK(stream.Count(FaultKind::kStall) == 1);
}

TEST_CASE("reset and overflow end a stream behind a message", "[faults]") {
  Stream reset({"reset"});
  CHECK(reset.Tell({}).empty());
  CHECK(reset.Tell({kA}) == Messages{Ending(Add({kA}), StreamEnding::kUnavailable)});
  CHECK(reset.Tell({kB}).empty());
  CHECK(reset.Count(FaultKind::kReset) == 1);
  Stream overflow({"overflow"});
  CHECK(overflow.Tell({kA}) == Messages{Ending(Add({kA}), StreamEnding::kOverflow)});
  CHECK(overflow.Count(FaultKind::kOverflow) == 1);
}

TEST_CASE("silent-empty withholds everything from the first message on", "[faults]") {
  Stream stream({"silent-empty"});
  CHECK(stream.Tell({}).empty());
  CHECK(stream.Tell({kA}).empty());
  CHECK(stream.Tell({}).empty());
  CHECK(stream.Tell({kB}).empty());
  CHECK(stream.Count(FaultKind::kSilentEmpty) == 1);
}

TEST_CASE("wrong-metadata marks Adds", "[faults]") {
  Stream stream({"wrong-metadata"});
  CHECK(stream.Tell({kA})[0].wrong_metadata);
  const auto told = stream.Tell({kB});
  CHECK(told[0].wrong_metadata);
  CHECK_FALSE(told[1].wrong_metadata);
  CHECK(stream.Count(FaultKind::kWrongMetadata) == 2);
}

TEST_CASE("Faults of messages are applied in the order given, and an end stays behind", "[faults]") {
  Stream once({"duplicate", "overflow"});
  CHECK(once.Tell({kA}) == Messages{Ending(Add({kA}), StreamEnding::kOverflow)});
  Stream twice({"overflow", "duplicate"});
  CHECK(twice.Tell({kA}) == Messages{Add({kA}), Ending(Add({kA}), StreamEnding::kOverflow)});
  Stream flapped({"reset", "flap"});
  CHECK(flapped.Tell({kA}) == Messages{Add({kA}), Remove({kA}), Ending(Add({kA}), StreamEnding::kUnavailable)});
  Stream stalled({"duplicate", "stall"});
  CHECK(stalled.Tell({kA}) == Messages{Add({kA})});
  CHECK(stalled.Count(FaultKind::kDuplicate) == 1);
}

TEST_CASE("A stream whose adds and removes are dropped by a share holds exactly what it was told", "[faults]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  Stream stream({"drop-add:30", "drop-remove:30", "unknown:10"}, random.Below(100));
  EndpointSet truth;
  std::map<std::string, std::string> held;  // address to Pod
  for (int round = 0; round < 2000; ++round) {
    for (auto edits = random.Below(4); edits > 0; --edits) {
      const Endpoint endpoint{"10.0.0." + std::to_string(random.Below(6)), 1, "p" + std::to_string(random.Below(3))};
      if (!truth.erase(endpoint)) truth.insert(endpoint);
    }
    for (const auto& message : stream.Tell(truth)) {
      for (const auto& endpoint : message.added) held[endpoint.ip] = endpoint.pod;
      // Never a removal of what the stream does not hold.
      for (const auto& endpoint : message.removed) REQUIRE(held.erase(endpoint.ip) == 1);
    }
  }
  CHECK(stream.Count(FaultKind::kDropAdd) > 0);
  CHECK(stream.Count(FaultKind::kDropRemove) > 0);
  CHECK(std::count_if(held.begin(), held.end(), [](const auto& one) { return one.first.starts_with("198."); }) ==
        static_cast<std::ptrdiff_t>(stream.Count(FaultKind::kUnknown)));
}
