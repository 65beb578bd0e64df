#include "workers/churn/truth_tracker.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "base/random.h"

namespace dst_load::workers::churn {
namespace {

using namespace std::chrono_literals;
using measure::Change;
using measure::Endpoint;

const WallTime kStart{Micros{24h * 365 * 50}};

Endpoint Ep(int i) { return {fmt::format("10.0.{}.{}", i / 250, i % 250), 8080, fmt::format("pod-{}", i)}; }

SliceView Slice(const std::string& name, const std::string& service, std::initializer_list<int> endpoints) {
  SliceView view{name, service, {}};
  for (const int i : endpoints) view.ready.insert(Ep(i));
  return view;
}
SliceView Range(const std::string& name, const std::string& service, int from, int to) {
  SliceView view{name, service, {}};
  for (int i = from; i < to; ++i) view.ready.insert(Ep(i));
  return view;
}
TruthTracker Two() { return TruthTracker({"a-1", "a-2"}); }

ScaleEvent Up(std::uint32_t from, std::uint32_t to, WallTime t0) { return {t0, 0, Direction::kUp, from, to, true}; }
ScaleEvent Down(std::uint32_t from, std::uint32_t to, WallTime t0) { return {t0, 0, Direction::kDown, from, to, true}; }

std::size_t WithCause(const std::vector<Change>& changes) {
  std::size_t count = 0;
  for (const Change& change : changes) count += change.t0 ? 1 : 0;
  return count;
}

TEST_CASE("Each endpoint that comes or goes is one change, numbered without a gap", "[churn][truth]") {
  auto tracker = Two();
  auto changes = tracker.Apply(Slice("a-1-x", "a-1", {1, 2}), kStart);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0] == Change{1, 0, Ep(1), true, std::nullopt, kStart});
  CHECK(changes[1].seq == 2);

  changes = tracker.Apply(Slice("a-1-x", "a-1", {2, 3}), kStart + 1s);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0] == Change{3, 0, Ep(1), false, std::nullopt, kStart + 1s});
  CHECK(changes[1] == Change{4, 0, Ep(3), true, std::nullopt, kStart + 1s});

  changes = tracker.Apply(Slice("a-2-y", "a-2", {9}), kStart);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].service == 1);
  CHECK(tracker.LastSeq() == 5);
  CHECK(tracker.Size() == 3);
  CHECK(tracker.State().services == std::vector<std::vector<Endpoint>>{{Ep(2), Ep(3)}, {Ep(9)}});
}

TEST_CASE("Slices of services that are not ours are nobody's business", "[churn][truth]") {
  auto tracker = Two();
  CHECK(tracker.Apply(Slice("b-x", "b", {1}), kStart).empty());
  CHECK(tracker.Remove("b-x", kStart).empty());
  CHECK(tracker.Remove("never-seen", kStart).empty());
}

TEST_CASE("A slice that passes to another service takes its endpoints along", "[churn][truth]") {
  auto tracker = Two();
  tracker.Apply(Slice("x", "a-1", {1, 2}), kStart);
  const auto changes = tracker.Apply(Slice("x", "a-2", {2, 3}), kStart + 1s);
  CHECK(changes.size() == 4);
  CHECK(tracker.State().services == std::vector<std::vector<Endpoint>>{{}, {Ep(2), Ep(3)}});
}

TEST_CASE("An endpoint in two slices is there until the last of them lets go", "[churn][truth]") {
  auto tracker = Two();
  CHECK(tracker.Apply(Slice("x", "a-1", {1, 2}), kStart).size() == 2);
  CHECK(tracker.Apply(Slice("y", "a-1", {2, 3}), kStart).size() == 1);
  CHECK(tracker.Apply(Slice("x", "a-1", {1}), kStart).empty());
  auto changes = tracker.Remove("x", kStart);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].endpoint == Ep(1));
  changes = tracker.Remove("y", kStart);
  CHECK(changes.size() == 2);
  CHECK(tracker.Size(0) == 0);
}

TEST_CASE("A Pod at a freed address is a removal and then an addition", "[churn][truth]") {
  auto tracker = Two();
  SliceView slice{"x", "a-1", {{"10.0.0.1", 8080, "old"}}};
  tracker.Apply(slice, kStart);
  slice.ready = {{"10.0.0.1", 8080, "new"}};
  const auto changes = tracker.Apply(slice, kStart);
  REQUIRE(changes.size() == 2);
  CHECK_FALSE(changes[0].added);
  CHECK(changes[0].endpoint.pod == "old");
  CHECK(changes[1].added);
  CHECK(changes[1].endpoint.pod == "new");
}

TEST_CASE("Changes that go the way of the newest scale event bear its scheduled time", "[churn][truth]") {
  auto tracker = Two();
  tracker.Apply(Range("x", "a-1", 0, 10), kStart);
  tracker.Scale(Up(10, 50, kStart + 5s));
  auto changes = tracker.Apply(Range("x", "a-1", 0, 30), kStart + 6s);
  REQUIRE(changes.size() == 20);
  for (const Change& change : changes) {
    CHECK(change.t0 == kStart + 5s);
    CHECK(change.t1 == kStart + 6s);
  }
  CHECK(WithCause(tracker.Apply(Range("y", "a-1", 30, 50), kStart + 7s)) == 20);

  tracker.Scale(Down(50, 10, kStart + 9s));
  changes = tracker.Remove("y", kStart + 10s);
  CHECK(WithCause(changes) == 20);
  CHECK(changes[0].t0 == kStart + 9s);
}

TEST_CASE("Once a service has reached its target, what changes has no cause of ours", "[churn][truth]") {
  auto tracker = Two();
  tracker.Apply(Range("x", "a-1", 0, 10), kStart);
  tracker.Scale(Up(10, 12, kStart));
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 0, 12), kStart)) == 2);
  // A Pod dies, and another takes its place.
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 1, 12), kStart)) == 0);
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 1, 13), kStart)) == 0);
}

TEST_CASE("No more changes are put down to an event than it makes", "[churn][truth]") {
  auto tracker = Two();
  tracker.Apply(Range("x", "a-1", 0, 10), kStart);
  tracker.Scale(Up(10, 14, kStart));
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 0, 12), kStart)) == 2);
  // Two die on the way, three of their like and the other two come: two of these five are the event's.
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 2, 12), kStart)) == 0);
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 2, 17), kStart)) == 2);
  // And down: one comes on the way, and is one of the five that go.
  tracker.Scale(Down(15, 11, kStart + 1s));
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 2, 18), kStart + 2s)) == 0);
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 2, 13), kStart + 3s)) == 4);
}

TEST_CASE("Stragglers of the way up count from the event that asked for them", "[churn][truth]") {
  auto tracker = Two();
  tracker.Apply(Range("x", "a-1", 0, 10), kStart);
  tracker.Scale(Up(10, 50, kStart));
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 0, 40), kStart + 1s)) == 30);
  tracker.Scale(Down(50, 10, kStart + 2s));
  const auto late = tracker.Apply(Range("x", "a-1", 0, 45), kStart + 3s);
  CHECK(WithCause(late) == 5);
  CHECK(late[0].t0 == kStart);
  const auto changes = tracker.Apply(Range("x", "a-1", 0, 10), kStart + 4s);
  CHECK(changes.size() == 35);
  CHECK(WithCause(changes) == 35);
  CHECK(changes[0].t0 == kStart + 2s);
  // Settled: the rest of the way up is forgotten.
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 0, 11), kStart + 5s)) == 0);
}

TEST_CASE("Told to go back before anything came, a service waits for what is on its way", "[churn][truth]") {
  auto tracker = Two();
  tracker.Apply(Range("x", "a-1", 0, 10), kStart);
  tracker.Scale(Up(10, 50, kStart));
  tracker.Scale(Down(50, 10, kStart + 2s));
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 0, 13), kStart + 3s)) == 3);
  const auto changes = tracker.Apply(Range("x", "a-1", 0, 10), kStart + 4s);
  CHECK(WithCause(changes) == 3);
  CHECK(changes[0].t0 == kStart + 2s);
  // Settled: what was never done of the way down is forgotten, too.
  tracker.Scale(Up(10, 50, kStart + 9s));
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 1, 10), kStart + 10s)) == 0);
}

TEST_CASE("A Pod that is replaced on the way back does not settle what is still to come", "[churn][truth]") {
  auto tracker = Two();
  tracker.Apply(Range("x", "a-1", 0, 10), kStart);
  tracker.Scale(Up(10, 50, kStart));
  tracker.Scale(Down(50, 10, kStart + 2s));
  tracker.Apply(Range("x", "a-1", 1, 10), kStart + 3s);
  tracker.Apply(Range("x", "a-1", 1, 11), kStart + 4s);
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 1, 14), kStart + 5s)) == 3);
}

TEST_CASE("An event that was sent and done before a take-over causes nothing more", "[churn][truth]") {
  auto tracker = Two();
  tracker.Apply(Range("x", "a-1", 0, 10), kStart);
  ScaleEvent done = Down(50, 10, kStart);
  done.counted = false;
  tracker.Scale(done);
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 0, 9), kStart + 1s)) == 0);
  tracker.Scale(Up(10, 50, kStart + 2s));
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 0, 8), kStart + 3s)) == 0);
}

TEST_CASE("A scale event belongs to its service alone", "[churn][truth]") {
  auto tracker = Two();
  tracker.Scale(Up(0, 5, kStart));
  CHECK(WithCause(tracker.Apply(Range("y", "a-2", 0, 5), kStart)) == 0);
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 0, 5), kStart)) == 5);
}

TEST_CASE("A relist tells only the difference, deletions that were missed included", "[churn][truth]") {
  auto tracker = Two();
  tracker.Apply(Range("x", "a-1", 0, 4), kStart);
  tracker.Apply(Range("y", "a-2", 0, 4), kStart);
  tracker.Restarted();
  CHECK(tracker.Apply(Range("x", "a-1", 1, 5), kStart + 1s).empty());
  CHECK(tracker.Size() == 8);
  const auto changes = tracker.Synced(kStart + 2s);
  REQUIRE(changes.size() == 2 + 4);
  CHECK(changes[0] == Change{9, 0, Ep(0), false, std::nullopt, kStart + 2s});
  CHECK(changes[1] == Change{10, 0, Ep(4), true, std::nullopt, kStart + 2s});
  CHECK(tracker.Size(1) == 0);
  // And goes on from there.
  CHECK(tracker.Apply(Range("x", "a-1", 1, 6), kStart + 3s).size() == 1);
}

TEST_CASE("A relist that changes nothing tells nothing", "[churn][truth]") {
  auto tracker = Two();
  tracker.Apply(Range("x", "a-1", 0, 4), kStart);
  tracker.Restarted();
  tracker.Apply(Range("z", "a-1", 0, 4), kStart);
  CHECK(tracker.Synced(kStart).empty());
  CHECK(tracker.LastSeq() == 4);
}

TEST_CASE("A worker that takes over tells what changed since, numbered onwards, with its cause", "[churn][truth]") {
  auto before = Two();
  before.Apply(Range("x", "a-1", 0, 10), kStart);
  const measure::TruthState state = before.State();

  auto tracker = Two();
  tracker.Restore(state);
  CHECK(tracker.Size(0) == 10);
  tracker.Scale(Up(10, 20, kStart + 1s));
  tracker.Restarted();
  tracker.Apply(Range("x", "a-1", 0, 15), kStart + 3s);
  const auto changes = tracker.Synced(kStart + 3s);
  REQUIRE(changes.size() == 5);
  CHECK(changes[0].seq == state.seq + 1);
  CHECK(WithCause(changes) == 5);
  CHECK(WithCause(tracker.Apply(Range("x", "a-1", 0, 20), kStart + 4s)) == 5);
}

TEST_CASE("Whatever the order of slices, the changes lead from state to state", "[churn][truth]") {
  const std::uint64_t seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  auto tracker = Two();
  std::set<Endpoint> replayed;
  std::map<std::string, std::set<Endpoint>> model;
  measure::Seq seq = 0;
  bool relisting = false;
  const auto replay = [&](const std::vector<Change>& changes) {
    for (const Change& change : changes) {
      REQUIRE(change.seq == ++seq);
      if (change.added) {
        REQUIRE(replayed.insert(change.endpoint).second);
      } else {
        REQUIRE(replayed.erase(change.endpoint) == 1);
      }
    }
  };
  for (int i = 0; i < 3000; ++i) {
    const std::string name = fmt::format("s{}", random.Below(4));
    const auto dice = random.Below(20);
    if (dice == 0 && !relisting) {
      tracker.Restarted();
      model.clear();
      relisting = true;
    } else if (dice < 3 && relisting) {
      replay(tracker.Synced(kStart));
      relisting = false;
    } else if (dice < 6) {
      model.erase(name);
      replay(tracker.Remove(name, kStart));
    } else {
      SliceView slice{name, "a-1", {}};
      for (int k = 0; k < 10; ++k) slice.ready.insert(Ep(static_cast<int>(random.Below(30))));
      model[name] = slice.ready;
      replay(tracker.Apply(slice, kStart));
    }
    if (relisting) continue;
    std::set<Endpoint> expected;
    for (const auto& [slice, endpoints] : model) expected.insert(endpoints.begin(), endpoints.end());
    REQUIRE(replayed == expected);
    REQUIRE(tracker.Size(0) == expected.size());
  }
}

}  // namespace
}  // namespace dst_load::workers::churn
