#include "kube/leader.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <thread>

#include "kube/event_recorder.h"
#include "kube/lease.h"
#include "test/integration/kube/fixture.h"
#include "test/support/gate.h"

namespace dst_load::kube {
namespace {

using namespace std::chrono_literals;

struct Candidate {
  Candidate(Client& client, const std::string& ns, const std::string& identity)
      : elector(client, {ns, "lock", identity, 1500ms, 1000ms, 100ms}, SystemClock()),
        thread([this](std::stop_token stop) { kept = elector.Run(std::move(stop), [this] { started.Open(); }); }) {}
  LeaderElector elector;
  test_support::Gate started;
  bool kept = false;
  std::jthread thread;
};

TEST_CASE("Of two electors one leads, and the other follows as soon as it stops", "[leader]") {
  const auto client = AdminClient();
  const std::string ns = FreshNamespace(*client, "election");
  Candidate first(*client, ns, "first");
  REQUIRE(first.started.WaitFor(10s));
  Candidate second(*client, ns, "second");
  // Longer than the lease lasts: it is being renewed.
  CHECK_FALSE(second.started.WaitFor(2s));
  CHECK(first.elector.IsLeader());
  CHECK_FALSE(second.elector.IsLeader());
  const MonoTime begun = SystemClock().Mono();
  first.thread.request_stop();
  REQUIRE(second.started.WaitFor(10s));
  CHECK(SystemClock().Mono() - begun < 1s);
  first.thread.join();
  CHECK(first.kept);
  const auto lease = client->Get(kLeases, ns, "lock");
  REQUIRE(lease);
  CHECK(ParseLease(*lease).holder == "second");
  CHECK(IntAt(*lease, "spec.leaseTransitions") == 1);
}

TEST_CASE("A leader that vanished is succeeded once its lease has run out", "[leader]") {
  const auto client = AdminClient();
  const std::string ns = FreshNamespace(*client, "succession");
  const nlohmann::json blank{{"metadata", {{"name", "lock"}}}};
  REQUIRE(client->Create(kLeases, ns, HeldLease(blank, "vanished", 1500ms, SystemClock().Wall())));
  const MonoTime begun = SystemClock().Mono();
  Candidate heir(*client, ns, "heir");
  REQUIRE(heir.started.WaitFor(10s));
  CHECK(SystemClock().Mono() - begun >= 1500ms);
}

TEST_CASE("Kubernetes takes our Events, and a repetition makes a series", "[events]") {
  const auto client = AdminClient();
  const std::string ns = FreshNamespace(*client, "events");
  const auto made = client->Create(kConfigMaps, ns, ConfigMap("x", "1"));
  REQUIRE(made);
  EventRecorder recorder(*client, {"dst-load.dev/operator", "operator-0"}, SystemClock());
  const ObjectReference x{"v1", "ConfigMap", ns, "x", StringAt(*made, "metadata.uid")};
  for (int i = 0; i < 3; ++i) recorder.Record(x, EventType::kWarning, "Repeated", "Test", std::string(2000, 'n'));
  recorder.Record({"v1", "Namespace", "", ns, ""}, EventType::kNormal, "Other", "Test", "");
  REQUIRE(recorder.Drain(10s));
  const auto events = client->List(kEvents, ns);
  REQUIRE(events);
  REQUIRE(events->items.size() == 1);
  CHECK(IntAt(events->items[0], "series.count") == 3);
  CHECK(StringAt(events->items[0], "regarding.name") == "x");
  const auto elsewhere = client->List(kEvents, "default");
  REQUIRE(elsewhere);
  CHECK(std::count_if(elsewhere->items.begin(), elsewhere->items.end(),
                      [&](const auto& event) { return StringAt(event, "regarding.name") == ns; }) == 1);
}

}  // namespace
}  // namespace dst_load::kube
