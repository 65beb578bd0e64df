#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dst_load::workers::churn {

/// One sample of a metrics page: `name{label="value"} value`.
struct PrometheusSample {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;  ///< values without their escapes
  double value = 0;                                         ///< may be NaN or infinite
};

struct PrometheusPage {
  std::uint64_t samples = 0;
  std::uint64_t unreadable = 0;  ///< lines that are neither a sample nor a comment
};

/// Reads a page in Prometheus' text format (version 0.0.4) and gives its samples to `on_sample`, in order; the sample
/// holds until `on_sample` returns. HELP, TYPE, comments and timestamps are read over, a line that is not understood is
/// counted and left out. Pure.
PrometheusPage ReadPrometheusText(std::string_view text, const std::function<void(const PrometheusSample&)>& on_sample);

}  // namespace dst_load::workers::churn
