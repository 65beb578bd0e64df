#include "kube/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace dst_load::kube {

RateLimiter::RateLimiter(double qps, int burst, const Clock& clock)
    : qps_(qps), burst_(std::max(1, burst)), clock_(clock), tokens_(burst_), filled_(clock.Mono()) {}

Micros RateLimiter::Take() {
  if (qps_ <= 0) return Micros{0};
  const std::lock_guard lock(mutex_);
  const MonoTime now = clock_.Mono();
  const double passed = std::chrono::duration<double>(now - filled_).count();
  tokens_ = std::min(burst_, tokens_ + passed * qps_) - 1;
  filled_ = now;
  if (tokens_ >= 0) return Micros{0};
  return Micros{std::llround(std::ceil(-tokens_ / qps_ * 1e6))};
}

}  // namespace dst_load::kube
