#include "workers/reference/metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include <fmt/format.h>

namespace dst_load::workers::reference {
namespace {

std::string Series(const char* name, const char* type, const char* help, auto value) {
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

std::string RenderMetrics(const ServerStats& stats, const ProcessFigures& process) {
  return Series("reference_streams_active", "gauge", "Get streams open now", stats.streams_active) +
         Series("reference_streams_total", "counter", "Get streams ever opened", stats.streams_total) +
         Series("reference_updates_sent_total", "counter", "Messages sent", stats.updates_sent) +
         Series("reference_updates_waiting", "gauge", "Messages that wait for their stream", stats.updates_waiting) +
         Series("reference_overflows_total", "counter", "Streams ended because they did not keep up", stats.overflows) +
         Series("reference_refused_total", "counter", "Streams refused for a path that names no Service",
                stats.refused) +
         FaultSeries(stats.faults) +
         Series("process_resident_memory_bytes", "gauge", "Resident memory", process.resident_bytes) +
         Series("process_cpu_seconds_total", "counter", "Processor time used", process.cpu_seconds);
}

ProcessFigures ReadProcessFigures() {
  ProcessFigures figures;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    figures.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  if (file >> total >> resident) figures.resident_bytes = resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return figures;
}

}  // namespace dst_load::workers::reference
