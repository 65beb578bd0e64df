#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "measure/slot_series.h"

namespace dst_load::measure {

/// Coarse counts of spans for plots over time: half octaves from 64 us on, the last bucket takes the rest (over an
/// hour).
class CoarseCounts {
 public:
  static constexpr std::size_t kBuckets = 52;
  static std::size_t BucketOf(Micros span);
  /// Inclusive upper end of a bucket, in microseconds.
  static Micros UpperEnd(std::size_t bucket);

  void Record(Micros span) { ++counts_[BucketOf(span)]; }
  void Set(std::size_t bucket, std::uint64_t count) { counts_[bucket] = count; }
  std::uint64_t At(std::size_t bucket) const { return counts_[bucket]; }
  std::uint64_t Count() const;
  /// The upper end of the bucket that holds the share `q` of the samples; nullopt when empty.
  std::optional<Micros> Quantile(double q) const;
  void Merge(const CoarseCounts& other);
  bool operator==(const CoarseCounts&) const = default;

 private:
  std::array<std::uint64_t, kBuckets> counts_{};
};

/// What a client's streams learned in one slot, by the time of T2.
struct ClientSlot {
  CoarseCounts destination;           ///< T2-T1
  CoarseCounts end_to_end;            ///< T2-T0
  std::optional<std::uint64_t> held;  ///< endpoints in all streams' sets together, as last looked at in the slot

  void Add(const ClientSlot& other);
  void Follow(const ClientSlot& later);
  bool operator==(const ClientSlot&) const = default;
};
using ClientTimeline = SlotSeries<ClientSlot>;

/// A figure over time; the largest one in each slot. Of two workers that told the same slot the larger one counts.
struct GaugeSlot {
  std::optional<double> value;

  void Add(const GaugeSlot& other) {
    if (other.value && (!value || *value < *other.value)) value = other.value;
  }
  void Follow(const GaugeSlot& later) { Add(later); }
  bool operator==(const GaugeSlot&) const = default;
};
using GaugeSeries = SlotSeries<GaugeSlot>;

}  // namespace dst_load::measure
