#include "coordination/prepare_grpc.h"

#include <grpc/support/time.h>
#include <catch2/catch.hpp>

#include "base/time.h"

extern "C" {
extern gpr_timespec (*gpr_now_impl)(gpr_clock_type type);
}

namespace dst_load::coordination {
namespace {

using namespace std::chrono_literals;

Micros Span(gpr_timespec from, gpr_timespec to) {
  return std::chrono::duration_cast<Micros>(std::chrono::seconds{to.tv_sec - from.tv_sec} +
                                            std::chrono::nanoseconds{to.tv_nsec - from.tv_nsec});
}

TEST_CASE("gRPC's time goes on where the wall clock is set", "[grpc]") {
  const auto own = gpr_now_impl;
  static FakeClock machine(WallTime{std::chrono::hours{24 * 365 * 56} + 123456us});
  PrepareGrpc(machine);
  for (const auto type : {GPR_CLOCK_REALTIME, GPR_CLOCK_MONOTONIC, GPR_CLOCK_PRECISE}) {
    for (const Micros step : {Micros{0}, Micros{1h}, Micros{-1h}}) {
      const gpr_timespec before = gpr_now(type);
      CHECK(before.clock_type == type);
      machine.Step(step);
      machine.Advance(1500ms);
      CHECK(Span(before, gpr_now(type)) == 1500ms);
    }
  }
  const gpr_timespec wall = gpr_now(GPR_CLOCK_REALTIME);
  CHECK(std::chrono::seconds{wall.tv_sec} / 24h == 365 * 56);
  gpr_now_impl = own;
}

}  // namespace
}  // namespace dst_load::coordination
