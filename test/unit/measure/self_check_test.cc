// What a run says of its own measuring: clients that cannot keep up, slow readers that move others.
#include <catch2/catch.hpp>

#include "measure/isolation.h"
#include "measure/saturation.h"

namespace dst_load::measure {
namespace {

using namespace std::chrono_literals;

ClientLag Quick() {
  ClientLag lag;
  lag.queue.Record(1ms, 1'000);
  lag.credit.Record(5us, 1'000);
  lag.cpu = 10s;
  lag.wall = 100s;
  return lag;
}

TEST_CASE("A client that keeps up says nothing", "[saturation]") {
  CHECK_FALSE(Saturation({}).has_value());
  CHECK_FALSE(Saturation(Quick()).has_value());
}

TEST_CASE("A client that stood still once has measured that stretch wrong", "[saturation]") {
  ClientLag lag = Quick();
  lag.queue.Record(2s);
  CHECK_FALSE(Saturation(lag).has_value());
  lag.queue.Record(3s);
  CHECK(Saturation(lag) == "its event loop stood still for 3s");
  ClientLag hardly_begun;
  hardly_begun.queue.Record(3s);
  CHECK(Saturation(hardly_begun).has_value());
}

TEST_CASE("A client that is late again and again is saturated; a few late events are not", "[saturation]") {
  ClientLag lag = Quick();
  lag.queue.Record(250ms, 9);
  CHECK_FALSE(Saturation(lag).has_value());
  lag.queue.Record(250ms, 9);
  CHECK(Saturation(lag).value().find("late, at p99") != std::string::npos);
}

TEST_CASE("Slow crediting and threads without time left are saturation too", "[saturation]") {
  ClientLag slow = Quick();
  slow.credit.Record(300ms, 100);
  CHECK(Saturation(slow).value().find("for a message") != std::string::npos);
  ClientLag hardly_any = Quick();
  hardly_any.credit = {};
  hardly_any.credit.Record(300ms);
  CHECK_FALSE(Saturation(hardly_any).has_value());
  ClientLag busy = Quick();
  busy.cpu = 96s;
  CHECK(Saturation(busy) == "its threads had no time left: 96% busy");
}

ClientSnapshot WithSlowReaders(Micros beside, Micros control) {
  ClientSnapshot clients;
  clients.services[0].slow_readers = 1;
  clients.services[0].destination.Record(beside, 200);
  clients.services[1].destination.Record(control, 200);
  return clients;
}

TEST_CASE("Slow readers must not make their neighbours much later than streams elsewhere", "[isolation]") {
  CHECK(JudgeIsolation(WithSlowReaders(200ms, 100ms))->holds);
  const auto moved = JudgeIsolation(WithSlowReaders(400ms, 100ms));
  REQUIRE(moved.has_value());
  CHECK_FALSE(moved->holds);
  CHECK(moved->control >= 100ms);
  // Below the floor everything is noise.
  CHECK(JudgeIsolation(WithSlowReaders(100ms, 1ms))->holds);
}

TEST_CASE("Without slow readers, or with too few samples, isolation is not judged", "[isolation]") {
  ClientSnapshot clients = WithSlowReaders(400ms, 100ms);
  clients.services[0].slow_readers = 0;
  CHECK_FALSE(JudgeIsolation(clients).has_value());
  ClientSnapshot few = WithSlowReaders(400ms, 100ms);
  few.services[1].destination = {};
  CHECK_FALSE(JudgeIsolation(few).has_value());
}

}  // namespace
}  // namespace dst_load::measure
