#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace dst_load::kube {

/// Durations by the buckets that client-go's work queues have: up to 10 ns, and ten times more each, up to 1000 s.
struct DurationCounts {
  static constexpr std::array<double, 12> kUpperSeconds{1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3,
                                                        1e-2, 1e-1, 1,    10,   100,  1000};
  std::array<std::uint64_t, kUpperSeconds.size()> within{};  ///< in this bucket and in no lower one
  std::uint64_t count = 0;                                   ///< those beyond the last bucket as well
  double sum_seconds = 0;

  void Record(Micros span) {
    const double seconds = std::chrono::duration<double>(span).count();
    ++count;
    sum_seconds += seconds;
    for (std::size_t i = 0; i < kUpperSeconds.size(); ++i) {
      if (seconds > kUpperSeconds[i]) continue;
      ++within[i];
      return;
    }
  }
};

}  // namespace dst_load::kube
