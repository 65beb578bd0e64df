#include "base/thread_cpu.h"

#include <ctime>

namespace dst_load {

Micros ThreadCpuTime() {
  timespec used{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) != 0) return Micros{0};
  return std::chrono::duration_cast<Micros>(std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec});
}

}  // namespace dst_load
