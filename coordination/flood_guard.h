#pragma once

#include <algorithm>
#include <chrono>

#include "base/time.h"

namespace dst_load::coordination {

/// Tells a flood from a burst: `burst` messages at once and `per_second` in the long run are let in. Not thread-safe.
class FloodGuard {
 public:
  FloodGuard(double per_second, double burst) : per_second_(per_second), burst_(burst), left_(burst) {}

  /// False for a message that is too many. `now` never goes back.
  bool Admit(MonoTime now) {
    const double passed = std::chrono::duration<double>(now - last_).count();
    left_ = std::min(burst_, left_ + passed * per_second_);
    last_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  const double per_second_;
  const double burst_;
  double left_;
  MonoTime last_{};
};

}  // namespace dst_load::coordination
