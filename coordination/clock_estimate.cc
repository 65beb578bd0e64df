#include "coordination/clock_estimate.h"

#include <algorithm>

namespace dst_load::coordination {

void ClockEstimate::Add(WallTime sent, WallTime theirs, WallTime arrived) {
  if (arrived < sent) return;
  // Rounded up: the error is a bound.
  const Micros half = (arrived - sent + Micros{1}) / 2;
  probes_.push_back({theirs - (sent + half), half});
  if (probes_.size() > window_) probes_.pop_front();
}

std::optional<ClockEstimate::Offset> ClockEstimate::Best() const {
  if (probes_.empty()) return std::nullopt;
  return *std::min_element(probes_.begin(), probes_.end(),
                           [](const Offset& a, const Offset& b) { return a.error < b.error; });
}

}  // namespace dst_load::coordination
