#pragma once

#include "coordination/server.h"
#include "operator/load_test.h"
#include "operator/observed.h"

namespace dst_load::op {

/// True while a coordinator that took the run up a moment ago has not heard from the workers that were there before:
/// what it knows says less than the status does.
bool StillGathering(const Observed& seen);

/// Brings the run's numbers into `status`. Counters never go back in a run: a coordinator that knows less than the one
/// before it changes nothing.
void TakeNumbers(const coordination::RunView& run, const Spec& spec, LoadTestStatus& status);

/// True when the status has told of more that is definitely wrong than the run knows by now: a client and the
/// coordinator that knew went together.
bool ShowedMore(const LoadTest& test, const coordination::RunView& run);

/// "2/3"; "2" when the test runs until it is stopped; "" without cycles.
std::string CyclesText(const Spec& spec, std::uint64_t cycle);

}  // namespace dst_load::op
