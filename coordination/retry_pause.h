#pragma once

#include <cstdint>

#include "base/random.h"
#include "base/time.h"

namespace dst_load::coordination {

/// How long a worker waits before it tries the coordinator again: `min` after a session, then twice as long each time,
/// up to `max`. Of that, between half and all, so that a thousand workers do not come at once. A process that must end
/// soon is in a hurry, and waits no longer than kHurried. Pure; not thread-safe.
class RetryPause {
 public:
  static constexpr Micros kHurried = std::chrono::milliseconds{500};

  RetryPause(Micros min, Micros max, std::uint64_t seed) : min_(min), max_(max), random_(seed) {}

  /// `welcomed`: the attempt that ended became a session.
  Micros Next(bool welcomed, bool hurried);

 private:
  const Micros min_, max_;
  Micros pause_{0};
  Random random_;
};

}  // namespace dst_load::coordination
