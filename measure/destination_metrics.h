#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "measure/timeline.h"

namespace dst_load::measure {

/// One figure of the destination service through a run. Counters are as scraped, not differences.
struct DestinationFigure {
  WallTime first_at{}, last_at{};
  double first = 0, last = 0, max = 0;
  GaugeSeries over_time;  ///< cpu: cores in use since the scrape before; all others: as scraped

  void Record(WallTime at, double value);
  void Merge(const DestinationFigure& other);
  double Growth() const { return max - first; }
  bool operator==(const DestinationFigure&) const = default;
};

/// What the destination service said of itself at spec.destination.metricsURL. Cumulative; merged over workers.
struct DestinationMetrics {
  /// Every figure that is looked for, in the order of reports.
  static constexpr std::string_view kMemory = "memory_bytes", kCpu = "cpu_cores", kGoroutines = "goroutines",
                                    kHeap = "heap_bytes", kSubscribers = "subscribers", kViews = "views",
                                    kOverflows = "overflows", kSendTimeouts = "send_timeouts";
  static constexpr std::string_view kFigures[] = {kMemory,      kCpu,   kGoroutines, kHeap,
                                                  kSubscribers, kViews, kOverflows,  kSendTimeouts};

  bool asked = false;  ///< a URL was given
  std::uint64_t scrapes = 0;
  std::uint64_t failures = 0;
  std::string trouble;  ///< of the newest failure; empty when the newest scrape worked
  std::map<std::string, DestinationFigure> figures;

  const DestinationFigure* Find(std::string_view figure) const;
  /// Figures that no scrape found; all of them when nothing was scraped.
  std::vector<std::string_view> Absent() const;
  void Merge(const DestinationMetrics& other);
  bool operator==(const DestinationMetrics&) const = default;
};

}  // namespace dst_load::measure
