#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace dst_load::measure {

/// What happened when: slots of equal width, aligned to the epoch, so that the series of several workers have the same
/// edges and merge slot by slot. A series that grows longer than kMaxSlots doubles the width of its slots: memory and
/// wire size are bounded, whatever the run's length. Merging is commutative and associative when Slot's operations are.
///
/// Slot needs a default constructor that means "nothing", `Add(const Slot& other)` for the same span of another source,
/// `Follow(const Slot& later)` for the next span of the same source, and ==. Not thread-safe.
template <class Slot>
class SlotSeries {
 public:
  static constexpr std::size_t kMaxSlots = 240;
  static constexpr Micros kFinest = std::chrono::seconds{1};

  SlotSeries() = default;
  /// From what a report holds; anything longer than kMaxSlots is coarsened. `width` is taken up to the next power of
  /// two of kFinest.
  SlotSeries(Micros width, std::int64_t first, std::vector<Slot> slots) : first_(first), slots_(std::move(slots)) {
    while (width_ < width && width_.count() < kWidest) width_ *= 2;
    while (slots_.size() > kMaxSlots) Coarsen();
  }

  /// The slot of that instant; the reference holds until the next call.
  Slot& At(WallTime t) {
    // Nearly always the same slot as before.
    if (t >= hot_.begin && t < hot_.end) return slots_[hot_.offset];
    std::int64_t index = IndexOf(t);
    if (slots_.empty()) first_ = index;
    while (Span(std::min(first_, index), std::max(first_ + Size() - 1, index)) > kMaxSlots) {
      Coarsen();
      index = IndexOf(t);
    }
    if (index < first_) {
      slots_.insert(slots_.begin(), static_cast<std::size_t>(first_ - index), Slot{});
      first_ = index;
    }
    const auto offset = static_cast<std::size_t>(index - first_);
    if (offset >= slots_.size()) slots_.resize(offset + 1);
    hot_ = {StartOf(offset), StartOf(offset) + width_, offset};
    return slots_[offset];
  }

  void Merge(const SlotSeries& other) {
    if (other.slots_.empty()) return;
    SlotSeries theirs = other;
    while (theirs.width_ < width_) theirs.Coarsen();
    while (!slots_.empty() && width_ < theirs.width_) Coarsen();
    if (slots_.empty()) {
      *this = std::move(theirs);
      return;
    }
    for (std::size_t i = 0; i < theirs.slots_.size(); ++i) {
      // Making room may have coarsened us: the start of their slot still says where it belongs.
      At(WallTime{theirs.width_ * (theirs.first_ + static_cast<std::int64_t>(i))}).Add(theirs.slots_[i]);
    }
  }

  bool empty() const { return slots_.empty(); }
  Micros Width() const { return width_; }
  /// Number of the first slot: its start is Width() * First() after the epoch.
  std::int64_t First() const { return first_; }
  WallTime StartOf(std::size_t slot) const { return WallTime{width_ * (first_ + static_cast<std::int64_t>(slot))}; }
  const std::vector<Slot>& Slots() const { return slots_; }
  bool operator==(const SlotSeries& other) const {
    return width_ == other.width_ && first_ == other.first_ && slots_ == other.slots_;
  }

 private:
  struct Hot {
    WallTime begin = WallTime::max(), end = WallTime::min();
    std::size_t offset = 0;
  };
  static constexpr std::int64_t kWidest = std::int64_t{1} << 58;

  static std::int64_t FloorDiv(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
  static std::uint64_t Span(std::int64_t first, std::int64_t last) {
    return static_cast<std::uint64_t>(last - first) + 1;
  }
  std::int64_t Size() const { return std::max<std::int64_t>(static_cast<std::int64_t>(slots_.size()), 1); }
  std::int64_t IndexOf(WallTime t) const { return FloorDiv(t.time_since_epoch().count(), width_.count()); }

  void Coarsen() {
    hot_ = {};
    width_ *= 2;
    if (slots_.empty()) return;
    const std::int64_t first = FloorDiv(first_, 2);
    std::vector<Slot> merged(static_cast<std::size_t>(FloorDiv(first_ + Size() - 1, 2) - first) + 1);
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      const std::int64_t index = FloorDiv(first_ + static_cast<std::int64_t>(i), 2) - first;
      merged[static_cast<std::size_t>(index)].Follow(slots_[i]);
    }
    first_ = first;
    slots_ = std::move(merged);
  }

  Micros width_ = kFinest;
  std::int64_t first_ = 0;
  std::vector<Slot> slots_;
  Hot hot_;  ///< where the newest one asked for lies
};

}  // namespace dst_load::measure
