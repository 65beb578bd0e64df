#include "kube/work_queue.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>
#include <vector>

#include "base/random.h"
#include "test/support/gate.h"

namespace dst_load::kube {
namespace {

using namespace std::chrono_literals;

const ObjectKey kA{"ns", "a"};
const ObjectKey kB{"ns", "b"};

/// A token already stopped: Pop must not even take what is due.
std::stop_token Stopped() {
  std::stop_source source;
  source.request_stop();
  return source.get_token();
}

TEST_CASE("A key added twice is worked on once", "[queue]") {
  FakeClock clock;
  WorkQueue queue(clock);
  queue.Add(kA);
  queue.Add(kA);
  CHECK(queue.Snapshot().depth == 1);
  CHECK(queue.Pop({}) == kA);
  CHECK(queue.Snapshot().depth == 0);
  CHECK(queue.Snapshot().adds == 1);
}

TEST_CASE("A key added while it is worked on runs again, but only after that", "[queue]") {
  FakeClock clock;
  WorkQueue queue(clock);
  queue.Add(kA);
  REQUIRE(queue.Pop({}) == kA);
  queue.Add(kA);
  clock.Advance(1ms);
  queue.Add(kB);
  CHECK(queue.Pop({}) == kB);
  queue.Done(kA);
  CHECK(queue.Pop({}) == kA);
}

TEST_CASE("The earliest due time of a key wins, and keys come in the order they are due", "[queue]") {
  FakeClock clock;
  WorkQueue queue(clock);
  queue.AddAfter(kA, 10s);
  queue.AddAfter(kA, 1min);
  queue.AddAfter(kB, 5s);
  CHECK(queue.Snapshot().depth == 0);
  clock.Advance(10s);
  CHECK(queue.Snapshot().depth == 2);
  CHECK(queue.Pop({}) == kB);
  CHECK(queue.Pop({}) == kA);
}

TEST_CASE("How long keys wait, from when they are due, and how long they are worked on is counted", "[queue]") {
  FakeClock clock;
  WorkQueue queue(clock);
  queue.AddAfter(kA, 10s);
  clock.Advance(10s + 50ms);
  REQUIRE(queue.Pop({}) == kA);
  auto stats = queue.Snapshot();
  CHECK(stats.queued.count == 1);
  CHECK(stats.queued.sum_seconds == Approx(0.05));
  CHECK(stats.queued.within[7] == 1);  // at most 100 ms
  CHECK(stats.worked.count == 0);
  clock.Advance(2s);
  queue.Add(kB);
  REQUIRE(queue.Pop({}) == kB);
  clock.Advance(3s);
  stats = queue.Snapshot();
  CHECK(stats.unfinished == Micros{8s});
  CHECK(stats.longest == Micros{5s});
  queue.Done(kA);
  queue.Done(kA);
  stats = queue.Snapshot();
  CHECK(stats.worked.count == 1);
  CHECK(stats.worked.sum_seconds == Approx(5));
  CHECK(stats.unfinished == Micros{3s});
  CHECK(stats.longest == Micros{3s});
}

TEST_CASE("A duration is counted in the first bucket that it fits in, or in none", "[queue]") {
  DurationCounts counts;
  for (const Micros span : {0us, 1us, 1000us, 1001us}) counts.Record(span);
  counts.Record(2000s);
  CHECK(counts.within[0] == 1);
  CHECK(counts.within[2] == 1);
  CHECK(counts.within[5] == 1);
  CHECK(counts.within[6] == 1);
  CHECK(counts.count == 5);
}

TEST_CASE("A failing key waits twice as long each time, until it is forgotten", "[queue]") {
  FakeClock clock;
  WorkQueue queue(clock, {10ms, 25ms});
  for (const Micros wait : {10ms, 20ms, 25ms, 25ms}) {
    queue.AddRateLimited(kA);
    clock.Advance(wait - 1us);
    CHECK(queue.Snapshot().depth == 0);
    clock.Advance(1us);
    CHECK(queue.Snapshot().depth == 1);
    REQUIRE(queue.Pop({}) == kA);
    queue.Done(kA);
  }
  CHECK(queue.Snapshot().retries == 4);
  queue.Forget(kA);
  queue.AddRateLimited(kA);
  clock.Advance(10ms);
  CHECK(queue.Pop({}) == kA);
}

TEST_CASE("A blocked worker wakes for a new key, for one that falls due, and for the stop", "[queue]") {
  WorkQueue queue(SystemClock());
  std::stop_source stop;
  std::vector<ObjectKey> got;
  std::jthread worker([&] {
    while (const auto key = queue.Pop(stop.get_token())) {
      got.push_back(*key);
      queue.Done(*key);
      if (*key == kA) queue.AddAfter(kB, 5ms);
      if (*key == kB) stop.request_stop();
    }
  });
  queue.Add(kA);
  worker.join();
  CHECK(got == std::vector<ObjectKey>{kA, kB});
  CHECK_FALSE(queue.Pop(Stopped()));
}

TEST_CASE("A worker that is blocked wakes for a key that comes, and for one that somebody else is done with",
          "[queue]") {
  // Whether it blocks already nobody can tell: in most of these rounds it does.
  for (int round = 0; round < 50; ++round) {
    WorkQueue queue(SystemClock());
    const auto popped_after = [&](const auto& act) {
      test_support::Gate about_to;
      std::optional<ObjectKey> popped;
      std::jthread worker([&] {
        about_to.Open();
        popped = queue.Pop({});
      });
      about_to.Wait();
      act();
      worker.join();
      return popped;
    };
    REQUIRE(popped_after([&] { queue.Add(kA); }) == kA);
    queue.Add(kA);
    REQUIRE(popped_after([&] { queue.Done(kA); }) == kA);
  }
}

TEST_CASE("However many workers there are, no key is worked on twice at once, and none is lost", "[queue]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  constexpr int kKeys = 8;
  constexpr int kAdds = 4000;
  WorkQueue queue(SystemClock());
  std::atomic<int> inside[kKeys] = {};
  std::atomic<int> wanted[kKeys] = {};
  std::atomic<int> seen[kKeys] = {};
  std::atomic<bool> overlapped{false};
  std::stop_source stop;
  const auto work = [&] {
    while (const auto key = queue.Pop(stop.get_token())) {
      const auto i = static_cast<std::size_t>(std::stoi(key->name));
      if (inside[i].fetch_add(1) != 0) overlapped = true;
      seen[i] = wanted[i].load();
      inside[i].fetch_sub(1);
      queue.Done(*key);
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < 3; ++i) workers.emplace_back(work);
    Random random(seed);
    for (int i = 0; i < kAdds; ++i) {
      const auto key = random.Below(kKeys);
      ++wanted[key];
      queue.Add({"", std::to_string(key)});
    }
    for (int i = 0; i < kKeys; ++i) {
      while (seen[i] != wanted[i]) std::this_thread::yield();
    }
    stop.request_stop();
  }
  CHECK_FALSE(overlapped);
}

}  // namespace
}  // namespace dst_load::kube
