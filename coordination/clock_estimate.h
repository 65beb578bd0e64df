#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "base/time.h"

namespace dst_load::coordination {

/// Estimates how far another host's wall clock is from ours, from round trips: of the newest `window` probes the one of
/// least round trip lies. The truth is within half that round trip. Pure. Not thread-safe.
class ClockEstimate {
 public:
  explicit ClockEstimate(std::size_t window = 30) : window_(window) {}

  /// A probe left at `sent` and its answer arrived at `arrived`, by our clock; the other read `theirs` in between.
  /// One that arrives before it left (our clock was set back) is ignored.
  void Add(WallTime sent, WallTime theirs, WallTime arrived);

  struct Offset {
    Micros offset{0};  ///< their clock minus ours
    Micros error{0};   ///< half the round trip
  };
  /// nullopt before the first probe came back.
  std::optional<Offset> Best() const;

 private:
  std::size_t window_;
  std::deque<Offset> probes_;
};

}  // namespace dst_load::coordination
