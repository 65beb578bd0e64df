#include "kube/leader.h"

#include <catch2/catch.hpp>

#include <thread>

#include "kube/lease.h"
#include "test/support/gate.h"
#include "test/unit/kube/fake_client.h"

namespace dst_load::kube {
namespace {

using namespace std::chrono_literals;

LeaderOptions Options(const std::string& identity, Micros retry) { return {"ns", "lock", identity, 60ms, 40ms, retry}; }

/// An elector on its own thread.
struct Candidate {
  Candidate(Client& client, const std::string& identity, const Clock& clock = SystemClock(), Micros retry = 5ms)
      : elector(client, Options(identity, retry), clock), thread([this](std::stop_token stop) {
          kept = elector.Run(std::move(stop), [this] { started.Open(); });
          ended.Open();
        }) {}
  LeaderElector elector;
  test_support::Gate started;
  test_support::Gate ended;
  bool kept = false;
  std::jthread thread;
};

std::string Holder(FakeClient& client) {
  const auto lease = client.Get(kLeases, "ns", "lock");
  return lease ? ParseLease(*lease).holder : "nobody";
}

TEST_CASE("The first candidate leads, and a stop releases the lease to the next at once", "[leader]") {
  FakeClient client;
  const FakeClock still;  // by this clock no lease ever expires
  Candidate first(client, "a");
  first.started.Wait();
  CHECK(first.elector.IsLeader());
  Candidate second(client, "b", still);
  CHECK_FALSE(second.elector.IsLeader());
  CHECK(Holder(client) == "a");
  first.thread.request_stop();
  first.thread.join();
  CHECK(first.kept);
  CHECK_FALSE(first.elector.IsLeader());
  second.started.Wait();
  CHECK(Holder(client) == "b");
  const auto lease = client.Get(kLeases, "ns", "lock");
  CHECK(IntAt(*lease, "spec.leaseTransitions") == 1);
}

TEST_CASE("A lease that stays as it is for its duration is taken over", "[leader]") {
  FakeClient client;
  nlohmann::json dead{{"metadata", {{"name", "lock"}}}};
  // Renewed in the far future by its own wall clock: that is not looked at.
  REQUIRE(client.Create(kLeases, "ns", HeldLease(dead, "dead", 15s, WallTime{std::chrono::hours{24 * 365 * 200}})));
  const MonoTime begun = SystemClock().Mono();
  Candidate heir(client, "heir");
  heir.started.Wait();
  CHECK(SystemClock().Mono() - begun >= 60ms);
  CHECK(Holder(client) == "heir");
}

TEST_CASE("A leader that can't renew is no leader after the deadline, and its run ends", "[leader]") {
  FakeClient client;
  std::atomic<bool> cut{false};
  client.before_write = [&]() -> Status {
    if (cut) return Fail(Code::kUnavailable, "no connection");
    return {};
  };
  Candidate leader(client, "a");
  leader.started.Wait();
  cut = true;
  leader.ended.Wait();
  CHECK_FALSE(leader.kept);
  CHECK_FALSE(leader.elector.IsLeader());
}

TEST_CASE("A leader that renews goes on leading beyond the deadline", "[leader]") {
  FakeClient client;
  FakeClock clock;
  std::atomic<int> writes{0};
  test_support::Gate renewed;
  // The fifth is made at 75 ms: the first would have let it lead for 40, the fourth, begun at 45, lets it until 85.
  client.before_write = [&]() -> Status {
    clock.Advance(15ms);
    if (++writes == 5) renewed.Open();
    return {};
  };
  Candidate leader(client, "a", clock);
  REQUIRE(renewed.WaitFor(10s));
  CHECK(leader.elector.IsLeader());
  leader.thread.request_stop();
  leader.thread.join();
  CHECK(leader.kept);
}

TEST_CASE("A leader leads from before its request, however long that takes", "[leader]") {
  FakeClient client;
  FakeClock clock;
  std::atomic<bool> cut{false};
  client.before_write = [&]() -> Status {
    if (cut.exchange(true)) return Fail(Code::kUnavailable, "no connection");
    clock.Advance(30ms);
    return {};
  };
  Candidate leader(client, "a", clock);
  leader.started.Wait();
  CHECK(leader.elector.IsLeader());
  clock.Advance(10ms);  // 40 ms since it asked
  CHECK_FALSE(leader.elector.IsLeader());
  leader.ended.Wait();
  CHECK_FALSE(leader.kept);
}

TEST_CASE("A leader that is stopped leaves a lease that is another's by now", "[leader]") {
  FakeClient client;
  const FakeClock still;
  Candidate leader(client, "a", still, 1h);
  leader.started.Wait();
  const auto lease = client.Get(kLeases, "ns", "lock");
  REQUIRE(client.Update(kLeases, "ns", HeldLease(*lease, "usurper", 15s, WallTime{}), ""));
  leader.thread.request_stop();
  leader.thread.join();
  CHECK(Holder(client) == "usurper");
}

TEST_CASE("A leader whose lease another took steps down at once", "[leader]") {
  FakeClient client;
  const FakeClock still;  // its own deadline never comes
  Candidate leader(client, "a", still);
  leader.started.Wait();
  for (;;) {
    const auto lease = client.Get(kLeases, "ns", "lock");
    if (client.Update(kLeases, "ns", HeldLease(*lease, "usurper", 15s, SystemClock().Wall()), "")) break;
  }
  leader.ended.Wait();
  CHECK_FALSE(leader.kept);
  CHECK(Holder(client) == "usurper");
}

TEST_CASE("A candidate that never led leaves the lease alone when stopped", "[leader]") {
  FakeClient client;
  const FakeClock still;
  Candidate leader(client, "a");
  leader.started.Wait();
  {
    Candidate other(client, "b", still);
    other.thread.request_stop();
    other.thread.join();
    CHECK(other.kept);
  }
  CHECK(Holder(client) == "a");
}

TEST_CASE("A renewal keeps the time of acquisition and the transitions", "[leader]") {
  const WallTime now{24h * 365 * 50};
  const auto first = HeldLease({{"metadata", {{"name", "x"}}}}, "a", 1500ms, now);
  CHECK(IntAt(first, "spec.leaseTransitions") == 0);
  CHECK(IntAt(first, "spec.leaseDurationSeconds") == 2);
  const auto renewed = HeldLease(first, "a", 1500ms, now + 5s);
  CHECK(StringAt(renewed, "spec.acquireTime") == FormatTime(now));
  CHECK(StringAt(renewed, "spec.renewTime") == FormatTime(now + 5s));
  CHECK(IntAt(HeldLease(renewed, "b", 15s, now), "spec.leaseTransitions") == 1);
  CHECK(ParseLease(ReleasedLease(renewed, now)).holder.empty());
}

}  // namespace
}  // namespace dst_load::kube
