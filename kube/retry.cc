#include "kube/retry.h"

#include <algorithm>

namespace dst_load::kube {

Micros Exponential(Micros min, Micros max, int failures) {
  Micros delay = min;
  for (int i = 0; i < failures && delay < max; ++i) delay *= 2;
  return std::min(delay, max);
}

std::optional<Micros> RetryDelay(const RetryPolicy& policy, int attempt, const Failure& failure, bool idempotent,
                                 Random& random) {
  if (attempt >= policy.attempts) return std::nullopt;
  const bool refused = failure.error.code == Code::kThrottled;
  const bool unavailable = failure.error.code == Code::kUnavailable;
  if (!refused && !(unavailable && (idempotent || !failure.sent))) return std::nullopt;
  const Micros delay = Exponential(policy.min, policy.max, attempt - 1);
  const Micros jitter{static_cast<std::int64_t>(random.Below(static_cast<std::uint64_t>(delay.count()) / 2 + 1))};
  if (!failure.retry_after) return delay + jitter;
  if (*failure.retry_after > policy.longest_retry_after) return std::nullopt;
  return std::max(delay, *failure.retry_after) + jitter;
}

}  // namespace dst_load::kube
