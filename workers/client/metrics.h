#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "workers/client/shard.h"

namespace dst_load::workers {

/// The client's metrics page, written from one snapshot: every series is there from the start. Pure.
///
/// destination_client_update_latency_seconds{service,quantile} is T2-T0; quantiles of nothing are 0.
std::string RenderMetrics(const ShardView& view, const std::vector<std::string>& services);

}  // namespace dst_load::workers
