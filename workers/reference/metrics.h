#pragma once

#include <string>

#include "workers/reference/server.h"

namespace dst_load::workers::reference {

/// What Prometheus' clients say of their process.
struct ProcessFigures {
  std::uint64_t resident_bytes = 0;  ///< 0 when /proc cannot be read
  double cpu_seconds = 0;            ///< of all threads, user and system
};
ProcessFigures ReadProcessFigures();

/// The metrics page, in Prometheus' text format. Pure.
std::string RenderMetrics(const ServerStats& stats, const ProcessFigures& process);

}  // namespace dst_load::workers::reference
