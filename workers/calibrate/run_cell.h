#pragma once

#include <cstdint>
#include <stop_token>

#include "base/error.h"
#include "base/time.h"
#include "workers/calibrate/result.h"

namespace dst_load::workers::calibrate {

/// Measures one cell: the client as it is in a run, against the null destination in a process of its own, judged by the
/// truth of the cell's schedule. Blocks for the cell's duration and some seconds. Errors: kTimeout when the streams do
/// not come up, kCancelled, and what starting the server may meet.
Result<CellResult> RunCell(const Cell& cell, std::uint32_t threads, const Clock& clock, std::stop_token stop);

}  // namespace dst_load::workers::calibrate
