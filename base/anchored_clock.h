#pragma once

#include "base/time.h"

namespace dst_load {

/// A wall clock that nobody can set: it reads another's wall time once, and goes on by its monotonic time. What it
/// stamps stays comparable however the machine's clock is stepped meanwhile; slewing (NTP) moves both alike.
/// Thread-safe.
class AnchoredClock final : public Clock {
 public:
  /// `machine` must outlive it.
  explicit AnchoredClock(const Clock& machine)
      : machine_(machine), ahead_(machine.Wall().time_since_epoch() - machine.Mono().time_since_epoch()) {}

  WallTime Wall() const override { return WallTime{machine_.Mono().time_since_epoch() + ahead_}; }
  MonoTime Mono() const override { return machine_.Mono(); }
  /// What can be set, for who watches it.
  const Clock& Machine() const { return machine_; }

 private:
  const Clock& machine_;
  const Micros ahead_;  ///< wall time minus monotonic time
};

}  // namespace dst_load
