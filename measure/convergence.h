#pragma once

#include <compare>
#include <cstdint>
#include <map>

#include "base/time.h"
#include "measure/histogram.h"

namespace dst_load::measure {

/// One scale event of one service.
struct ScaleEventKey {
  WallTime t0{};
  std::uint32_t service = 0;
  auto operator<=>(const ScaleEventKey&) const = default;
};

/// How far the streams have come with what one scale event changed.
struct Convergence {
  WallTime last_t2{};         ///< when the last stream so far held the last change so far
  std::uint64_t updates = 0;  ///< (stream, change) pairs learned
  std::uint64_t missing = 0;  ///< of those given up: the event never converged
  bool operator==(const Convergence&) const = default;
};

/// How long each scale event took until the last stream held its last change. Kept by event, for the last stream may be
/// any client's: merging takes the latest. Commutative, associative. Not thread-safe.
class ConvergenceLog {
 public:
  /// Events kept; beyond it the oldest are dropped, and counted.
  static constexpr std::size_t kMaxEvents = 2000;

  void Learned(std::uint32_t service, WallTime t0, WallTime t2);
  void Missed(std::uint32_t service, WallTime t0, WallTime now);
  void Merge(const ConvergenceLog& other);

  const std::map<ScaleEventKey, Convergence>& Events() const { return events_; }
  /// From a report.
  void Put(const ScaleEventKey& key, const Convergence& convergence);
  void CountDropped(std::uint64_t events) { dropped_ += events; }
  std::uint64_t Dropped() const { return dropped_; }
  /// T0 to last T2, one sample an event; those with missing updates count at their age, like the updates themselves.
  Histogram Times() const;
  bool operator==(const ConvergenceLog& other) const { return dropped_ == other.dropped_ && events_ == other.events_; }

 private:
  void Note(const ScaleEventKey& key, const Convergence& more);
  void Bound();

  std::map<ScaleEventKey, Convergence> events_;
  std::uint64_t dropped_ = 0;
};

}  // namespace dst_load::measure
