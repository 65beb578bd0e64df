#pragma once

#include <mutex>

#include "base/time.h"

namespace dst_load::kube {

/// Token bucket: `burst` requests at once, then `qps` a second. It never blocks: it tells how long to wait.
/// Thread-safe.
class RateLimiter {
 public:
  /// No limit at all for qps <= 0.
  RateLimiter(double qps, int burst, const Clock& clock);

  /// Takes one token, on credit where there is none; the caller waits for the span returned before it goes on.
  Micros Take();

 private:
  const double qps_;
  const double burst_;
  const Clock& clock_;
  std::mutex mutex_;
  double tokens_;
  MonoTime filled_;
};

}  // namespace dst_load::kube
