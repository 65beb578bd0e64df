#pragma once

#include <string>

#include "workers/churn/options.h"
#include "workers/churn/run_state.h"

namespace dst_load::workers::churn {

/// The page /metrics, in Prometheus' text format. Every series is there from the start, at zero. Pure.
std::string RenderMetrics(const ChurnOptions& options, const RunView& view);

}  // namespace dst_load::workers::churn
