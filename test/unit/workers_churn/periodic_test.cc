#include "workers/churn/periodic.h"

#include <latch>
#include <optional>

#include <catch2/catch.hpp>

namespace dst_load::workers::churn {
namespace {

using namespace std::chrono_literals;

TEST_CASE("A task runs at once, and again and again", "[churn][periodic]") {
  std::latch thrice(3);
  int runs = 0;
  const Periodic periodic("test-often", 1us, [&](const std::stop_token&) {
    if (++runs <= 3) thrice.count_down();
  });
  thrice.wait();
}

TEST_CASE("However long it waits, a task ends with its owner, and is told so when it runs", "[churn][periodic]") {
  std::latch ran(1);
  std::optional<Periodic> waiting;
  waiting.emplace("test-wait", 24h, [&](const std::stop_token&) { ran.count_down(); });
  ran.wait();
  waiting.reset();

  std::latch began(1), told(1);
  std::optional<Periodic> running;
  running.emplace("test-run", 24h, [&](const std::stop_token& stop) {
    const std::stop_callback on_stop(stop, [&] { told.count_down(); });
    began.count_down();
    told.wait();
  });
  began.wait();
  running.reset();
  CHECK(told.try_wait());
}

}  // namespace
}  // namespace dst_load::workers::churn
