#pragma once

#include "base/time.h"

namespace dst_load::coordination {

/// Makes gRPC fit to measure with, and its complaints (and protobuf's) lines of our log. For the process: once, first
/// in main, before any use of gRPC.
///
/// Debian's gRPC 1.51 takes the wall clock for its timers: once that is set forward its queues spin, and once it is set
/// back they stall. Here it gets a clock that cannot be set (base/anchored_clock.h) of `machine`, which must live as
/// long as the process.
void PrepareGrpc(const Clock& machine);

}  // namespace dst_load::coordination
