#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "measure/destination_metrics.h"

namespace dst_load::workers::churn {

/// Makes figures of the destination service's metrics pages, scrape by scrape.
///
/// A figure is the sum over all series of one name, or is absent: nothing is guessed. Linkerd's names and those of our
/// reference are known. Processor time becomes cores in use since the scrape before, but not across a restart of the
/// destination, nor when another replica answers. Pure; not thread-safe.
class DestinationFigures {
 public:
  DestinationFigures() { metrics_.asked = true; }

  /// A page, and when it had arrived, by both clocks. A page without a single sample is a failure.
  void OnPage(std::string_view page, WallTime at, MonoTime mono);
  void OnFailure(std::string trouble);

  const measure::DestinationMetrics& Metrics() const { return metrics_; }
  /// Lines of all pages that could not be read.
  std::uint64_t Unreadable() const { return unreadable_; }

 private:
  /// What one process said of its processor time.
  struct Cpu {
    double seconds = 0;
    std::optional<double> process_start;
    MonoTime at{};
  };

  void RecordCpu(const std::map<std::string, double, std::less<>>& sums, WallTime at, MonoTime mono);

  measure::DestinationMetrics metrics_;
  std::optional<Cpu> cpu_;
  std::uint64_t unreadable_ = 0;
};

}  // namespace dst_load::workers::churn
