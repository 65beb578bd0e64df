#include "workers/churn/scaler.h"

#include <atomic>
#include <future>
#include <map>

#include <catch2/catch.hpp>

namespace dst_load::workers::churn {
namespace {

using namespace std::chrono_literals;

ScaleEvent To(std::uint32_t service, std::uint32_t replicas) {
  return {SystemClock().Wall(), service, Direction::kUp, 0, replicas, true};
}

/// What was sent, and a way to wait for it.
class Sent {
 public:
  void Add(const ScaleAttempt& attempt) {
    {
      const std::lock_guard lock(mutex_);
      attempts_.push_back(attempt);
    }
    changed_.notify_all();
  }
  std::vector<ScaleAttempt> Await(std::size_t count) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, 10s, [&] { return attempts_.size() >= count; }));
    return attempts_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ScaleAttempt> attempts_;
};

TEST_CASE("Each event is sent once, and its lag is told", "[churn][scaler]") {
  Sent sent;
  Scaler scaler(
      100, 4, SystemClock(), [](const ScaleEvent&) { return Status{}; },
      [&](const ScaleAttempt& attempt) { sent.Add(attempt); });
  for (std::uint32_t i = 0; i < 100; ++i) scaler.Submit(To(i, i));
  std::map<std::uint32_t, int> seen;
  for (const ScaleAttempt& attempt : sent.Await(100)) {
    ++seen[attempt.event.service];
    CHECK(attempt.event.to == attempt.event.service);
    CHECK(attempt.first);
    CHECK(attempt.status);
    CHECK(attempt.lag >= 0us);
    CHECK(attempt.lag < 10s);
  }
  CHECK(seen.size() == 100);
}

TEST_CASE("A request that fails is sent again until it succeeds", "[churn][scaler]") {
  Sent sent;
  std::atomic<int> calls{0};
  Scaler scaler(
      1, 2, SystemClock(),
      [&](const ScaleEvent&) -> Status {
        if (++calls < 3) return Fail(Code::kUnavailable, "patch deployments/a/b: no");
        return {};
      },
      [&](const ScaleAttempt& attempt) { sent.Add(attempt); });
  scaler.Submit(To(0, 5));
  const auto attempts = sent.Await(3);
  CHECK(attempts[0].first);
  CHECK_FALSE(attempts[0].status);
  CHECK_FALSE(attempts[1].first);
  CHECK_FALSE(attempts[1].status);
  CHECK(attempts[2].status);
}

TEST_CASE("A newer event takes the place of one that fails, and is never overtaken by it", "[churn][scaler]") {
  Sent sent;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::promise<void> begun;
  std::atomic<bool> first{true};
  Scaler scaler(
      1, 4, SystemClock(),
      [&](const ScaleEvent& event) -> Status {
        if (first.exchange(false)) begun.set_value();
        if (event.to != 5) return {};
        released.wait();
        return Fail(Code::kTimeout, "patch deployments/a/b: late");
      },
      [&](const ScaleAttempt& attempt) { sent.Add(attempt); });
  scaler.Submit(To(0, 5));
  begun.get_future().wait();
  scaler.Submit(To(0, 6));
  scaler.Submit(To(0, 7));
  release.set_value();
  const auto attempts = sent.Await(2);
  CHECK(attempts[0].event.to == 5);
  CHECK_FALSE(attempts[0].status);
  CHECK(attempts[1].event.to == 7);
  CHECK(attempts[1].first);
  CHECK(attempts.size() == 2);
}

TEST_CASE("A scaler ends at once though requests wait to be tried again", "[churn][scaler]") {
  Sent sent;
  const MonoTime begun = SystemClock().Mono();
  {
    Scaler scaler(
        10, 2, SystemClock(), [](const ScaleEvent&) { return Fail(Code::kUnavailable, "no"); },
        [&](const ScaleAttempt& attempt) { sent.Add(attempt); });
    for (std::uint32_t i = 0; i < 10; ++i) scaler.Submit(To(i, 1));
    sent.Await(10);
  }
  CHECK(SystemClock().Mono() - begun < 5s);
}

}  // namespace
}  // namespace dst_load::workers::churn
