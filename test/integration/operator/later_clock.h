#pragma once

#include <atomic>

#include "base/time.h"

namespace dst_load::op::test {

/// The machine's clocks, with wall time ahead: what is scheduled is due without a wait. Thread-safe.
class LaterClock final : public Clock {
 public:
  explicit LaterClock(Micros ahead) : ahead_(ahead.count()) {}
  WallTime Wall() const override { return SystemClock().Wall() + Micros{ahead_.load()}; }
  MonoTime Mono() const override { return SystemClock().Mono(); }
  void Advance(Micros by) { ahead_.fetch_add(by.count()); }

 private:
  std::atomic<std::int64_t> ahead_;
};

}  // namespace dst_load::op::test
