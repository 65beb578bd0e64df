#pragma once

#include <vector>

#include "report/plot.h"
#include "report/report.h"

namespace dst_load::report {

/// Latency and updates over time, the quantile curve, endpoints true and held, and the destination's memory and CPU as
/// far as it told of them.
std::vector<Plot> PlotsOf(const Report& report);

}  // namespace dst_load::report
