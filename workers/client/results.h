#pragma once

#include <string>
#include <vector>

#include "workers/client/shard.h"

namespace dst_load::workers {

/// The JSON object that a client prints when it ends: one line, integer microseconds. Pure.
std::string RenderResults(const ShardView& view, const std::vector<std::string>& services);

}  // namespace dst_load::workers
