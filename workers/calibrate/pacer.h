#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "base/time.h"

namespace dst_load::workers::calibrate {

/// Waits for instants of the wall clock, as exactly as the kernel wakes a thread. One thread's own.
class Pacer {
 public:
  Pacer(const Clock& clock, std::stop_token stop);

  /// False when it was stopped before. An instant that is past is not waited for.
  bool Until(WallTime when);
  bool For(Micros span) { return Until(clock_.Wall() + span); }

 private:
  const Clock& clock_;
  const std::stop_token stop_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
};

}  // namespace dst_load::workers::calibrate
