#include "workers/client/drain.h"

#include <catch2/catch.hpp>

using namespace dst_load;
using namespace dst_load::workers;
using namespace std::chrono_literals;

TEST_CASE("A client that was not told to drain is never done", "[drain]") {
  Drain drain;
  CHECK_FALSE(drain.Asked());
  CHECK_FALSE(drain.TakeDone(true, 100, MonoTime{1h}));
}

TEST_CASE("A drain is done, once, when all has settled and the truth is complete", "[drain]") {
  Drain drain;
  drain.Ask(10, MonoTime{1s}, 60s);
  CHECK_FALSE(drain.TakeDone(true, 9, MonoTime{2s}));
  CHECK_FALSE(drain.TakeDone(false, 10, MonoTime{2s}));
  CHECK(drain.TakeDone(true, 10, MonoTime{2s}));
  CHECK_FALSE(drain.TakeDone(true, 10, MonoTime{3s}));
}

TEST_CASE("Patience ends a drain, and is not renewed by being asked again", "[drain]") {
  Drain drain;
  drain.Ask(10, MonoTime{1s}, 60s);
  drain.Ask(12, MonoTime{50s}, 60s);
  CHECK_FALSE(drain.TakeDone(true, 11, MonoTime{55s}));
  CHECK_FALSE(drain.TakeDone(false, 0, MonoTime{61s - 1us}));
  CHECK(drain.TakeDone(false, 0, MonoTime{61s}));
}
