#include "workers/reference/metrics.h"

#include <unistd.h>

#include <fstream>

#include <fmt/format.h>

namespace dst_load::workers::reference {
namespace {

std::string Series(const char* name, const char* type, const char* help, std::uint64_t value) {
  return fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n{0} {3}\n", name, type, help, value);
}

std::string FaultSeries(const FaultCounts& counts) {
  std::string out =
      "# HELP reference_faults_total Opportunities that a fault used\n# TYPE reference_faults_total counter\n";
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    out += fmt::format("reference_faults_total{{kind=\"{}\"}} {}\n", FaultName(static_cast<FaultKind>(i)), counts[i]);
  }
  return out;
}

}  // namespace

std::string RenderMetrics(const ServerStats& stats, std::uint64_t resident_bytes) {
  return Series("reference_streams_active", "gauge", "Get streams open now", stats.streams_active) +
         Series("reference_streams_total", "counter", "Get streams ever opened", stats.streams_total) +
         Series("reference_updates_sent_total", "counter", "Messages sent", stats.updates_sent) +
         Series("reference_updates_waiting", "gauge", "Messages that wait for their stream", stats.updates_waiting) +
         Series("reference_overflows_total", "counter", "Streams ended because they did not keep up", stats.overflows) +
         Series("reference_refused_total", "counter", "Streams refused for a path that names no Service",
                stats.refused) +
         FaultSeries(stats.faults) +
         Series("process_resident_memory_bytes", "gauge", "Resident memory", resident_bytes);
}

std::uint64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  if (!(file >> total >> resident)) return 0;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace dst_load::workers::reference
