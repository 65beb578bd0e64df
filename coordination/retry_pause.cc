#include "coordination/retry_pause.h"

#include <algorithm>

namespace dst_load::coordination {

Micros RetryPause::Next(bool welcomed, bool hurried) {
  pause_ = welcomed ? min_ : std::clamp(pause_ * 2, min_, max_);
  const Micros half = (hurried ? std::min(pause_, kHurried) : pause_) / 2;
  return half + Micros{static_cast<std::int64_t>(random_.Below(static_cast<std::uint64_t>(half.count()) + 1))};
}

}  // namespace dst_load::coordination
