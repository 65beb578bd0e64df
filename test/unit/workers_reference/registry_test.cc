#include "workers/reference/registry.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "base/random.h"

using namespace dst_load;
using namespace dst_load::workers::reference;

namespace {

Slice SliceOf(std::vector<Slice::Address> ready, std::vector<std::uint16_t> ports = {8080}) {
  return {"ns", "svc", std::move(ports), std::move(ready)};
}
const kube::ObjectKey kFirst{"ns", "svc-1"}, kSecond{"ns", "svc-2"};
const Target kTarget{"ns", "svc", 8080};
const Registry::Service kService{"ns", "svc"};

}  // namespace

TEST_CASE("The slices of a service are one set, by address and Pod", "[registry]") {
  Registry registry;
  CHECK(registry.Set(kFirst, SliceOf({{"10.0.0.1", "a"}, {"10.0.0.2", "b"}})) == std::set{kService});
  registry.Set(kSecond, SliceOf({{"10.0.0.2", "b"}, {"10.0.0.3", "c"}}));
  registry.Set({"other", "svc-1"}, {"other", "svc", {8080}, {{"10.9.9.9", "x"}}});
  CHECK(registry.Endpoints(kTarget) ==
        EndpointSet{{"10.0.0.1", 8080, "a"}, {"10.0.0.2", 8080, "b"}, {"10.0.0.3", 8080, "c"}});
  // What two slices hold stays until both let go.
  registry.Set(kFirst, SliceOf({{"10.0.0.1", "a"}}));
  CHECK(registry.Endpoints(kTarget).contains({"10.0.0.2", 8080, "b"}));
  CHECK(registry.Remove(kSecond) == std::set{kService});
  CHECK(registry.Endpoints(kTarget) == EndpointSet{{"10.0.0.1", 8080, "a"}});
  CHECK(registry.Remove(kSecond).empty());
}

TEST_CASE("A slice that changes its service leaves the old one", "[registry]") {
  Registry registry;
  registry.Set(kFirst, SliceOf({{"10.0.0.1", "a"}}));
  Slice moved = SliceOf({{"10.0.0.1", "a"}});
  moved.service = "new";
  CHECK(registry.Set(kFirst, moved) == std::set<Registry::Service>{{"ns", "new"}, {"ns", "svc"}});
  CHECK(registry.Endpoints(kTarget).empty());
  CHECK(registry.Endpoints({"ns", "new", 8080}).size() == 1);
}

TEST_CASE("The port asked for is answered when a slice has it, else its first", "[registry]") {
  Registry registry;
  registry.Set(kFirst, SliceOf({{"10.0.0.1", "a"}}, {9000, 8080}));
  registry.Set(kSecond, SliceOf({{"10.0.0.2", "b"}}, {}));
  CHECK(registry.Endpoints(kTarget) == EndpointSet{{"10.0.0.1", 8080, "a"}});
  CHECK(registry.Endpoints({"ns", "svc", 80}) == EndpointSet{{"10.0.0.1", 9000, "a"}});
}

TEST_CASE("A difference tells what came and what went, and nothing twice", "[registry]") {
  const EndpointSet before{{"10.0.0.1", 1, "a"}, {"10.0.0.2", 1, "b"}};
  CHECK(Diff(before, before).Empty());
  const auto difference = Diff(before, {{"10.0.0.2", 1, "b"}, {"10.0.0.3", 1, "c"}});
  CHECK(difference.added == std::vector<Endpoint>{{"10.0.0.3", 1, "c"}});
  CHECK(difference.removed == std::vector<Endpoint>{{"10.0.0.1", 1, "a"}});
}

TEST_CASE("An address that passes to another Pod is added anew and not removed", "[registry]") {
  const auto passed = Diff({{"10.0.0.1", 1, "old"}}, {{"10.0.0.1", 1, "new"}});
  CHECK(passed.added == std::vector<Endpoint>{{"10.0.0.1", 1, "new"}});
  CHECK(passed.removed.empty());
  // Both at one address for a while, then the newer one goes: the elder is told of again.
  const auto heir = Diff({{"10.0.0.1", 1, "a"}, {"10.0.0.1", 1, "b"}}, {{"10.0.0.1", 1, "a"}});
  CHECK(heir.added == std::vector<Endpoint>{{"10.0.0.1", 1, "a"}});
  CHECK(heir.removed.empty());
}

TEST_CASE("A stream that follows the differences holds the addresses of the set", "[registry]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  EndpointSet truth;
  std::map<std::string, std::string> held;  // address to Pod
  for (int round = 0; round < 2000; ++round) {
    EndpointSet next = truth;
    for (auto edits = random.Below(4); edits > 0; --edits) {
      const Endpoint endpoint{"10.0.0." + std::to_string(random.Below(6)), 1, "p" + std::to_string(random.Below(3))};
      if (!next.erase(endpoint)) next.insert(endpoint);
    }
    const auto difference = Diff(truth, next);
    for (const auto& endpoint : difference.added) held[endpoint.ip] = endpoint.pod;
    for (const auto& endpoint : difference.removed) REQUIRE(held.erase(endpoint.ip) == 1);
    truth = next;
    std::set<std::string> addresses;
    for (const auto& endpoint : truth) addresses.insert(endpoint.ip);
    REQUIRE(held.size() == addresses.size());
    // Whoever is held at an address is one of those that are there.
    for (const auto& [ip, pod] : held) REQUIRE(truth.contains({ip, 1, pod}));
  }
}
