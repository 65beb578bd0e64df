#pragma once

#include <string>

#include "workers/reference/server.h"

namespace dst_load::workers::reference {

/// The metrics page, in Prometheus' text format. `resident_bytes`: of this process. Pure.
std::string RenderMetrics(const ServerStats& stats, std::uint64_t resident_bytes);

/// Resident memory of this process, from /proc; 0 when it cannot be read.
std::uint64_t ResidentBytes();

}  // namespace dst_load::workers::reference
