#pragma once

#include <optional>

#include "base/error.h"
#include "base/random.h"
#include "base/time.h"

namespace dst_load::kube {

/// How one attempt at a request failed.
struct Failure {
  Error error;
  /// The server may have acted on the request: only what is idempotent can be sent again.
  bool sent = true;
  std::optional<Micros> retry_after;  ///< what the server asked for
};

/// Waits min, 2 min, 4 min, … at most max, each with up to half of itself in jitter added.
struct RetryPolicy {
  int attempts = 4;
  Micros min = std::chrono::milliseconds{100};
  Micros max = std::chrono::seconds{5};
  /// A longer Retry-After than this is not waited for: the caller is told.
  Micros longest_retry_after = std::chrono::seconds{30};
};

/// How long to wait before the next attempt; nullopt when there is none. `attempt` counts from 1. Our own deadline's
/// passing is not retried: who waited that long wants to know.
std::optional<Micros> RetryDelay(const RetryPolicy& policy, int attempt, const Failure& failure, bool idempotent,
                                 Random& random);

/// min * 2^failures, at most max. Never overflows.
Micros Exponential(Micros min, Micros max, int failures);

}  // namespace dst_load::kube
