#pragma once

#include <stop_token>
#include <utility>

#include "base/time.h"

namespace dst_load::kube {

/// Sleeps for `span` of real time, or until `stop` is asked. False when it was.
bool WaitFor(std::stop_token stop, Micros span);

/// A stop that is asked as soon as one of two is. Thread-safe.
class EitherStop {
 public:
  EitherStop(std::stop_token first, std::stop_token second)
      : first_(std::move(first), Ask{both_}), second_(std::move(second), Ask{both_}) {}
  std::stop_token Token() const { return both_.get_token(); }

 private:
  struct Ask {
    std::stop_source& source;
    void operator()() const { source.request_stop(); }
  };
  std::stop_source both_;
  std::stop_callback<Ask> first_;
  std::stop_callback<Ask> second_;
};

}  // namespace dst_load::kube
