#include "workers/calibrate/process_cpu.h"

#include <sys/resource.h>

namespace dst_load::workers::calibrate {

Micros ProcessCpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto span = [](const timeval& t) { return std::chrono::seconds{t.tv_sec} + Micros{t.tv_usec}; };
  return span(usage.ru_utime) + span(usage.ru_stime);
}

}  // namespace dst_load::workers::calibrate
