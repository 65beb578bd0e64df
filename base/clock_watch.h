#pragma once

#include <optional>

#include "base/time.h"

namespace dst_load {

/// Notices that the wall clock was set while a run measures: it compares how far wall and monotonic time have moved
/// between two looks. Look about once a second: slewing (NTP, at most 0.5 ms a second) then stays far below the bound.
/// Not thread-safe.
class ClockWatch {
 public:
  /// Wall time that moved further than this against monotonic time, between two looks, has jumped.
  static constexpr Micros kBound = std::chrono::milliseconds{50};

  /// How far the wall clock jumped since the look before, forward positive; nullopt when it did not, and on the first
  /// look. The two readings must belong together: a thread that is stopped between them makes a jump of its own.
  std::optional<Micros> Look(WallTime wall, MonoTime mono);

  /// The same, with readings taken here. A look whose readings lie too far apart is tried again a few times, then left
  /// out: the next one covers its span.
  std::optional<Micros> Look(const Clock& clock);

 private:
  std::optional<Micros> offset_;  ///< wall minus monotonic time, at the look before
};

}  // namespace dst_load
