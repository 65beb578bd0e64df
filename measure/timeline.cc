#include "measure/timeline.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace dst_load::measure {
namespace {

constexpr std::int64_t kSmallest = 64;

// Upper ends in microseconds: 64, 91, 128, 181, ... Integers, so that every machine draws the same line.
constexpr std::int64_t EndOf(std::size_t bucket) {
  const std::int64_t octave = kSmallest << (bucket / 2);
  return bucket % 2 == 0 ? octave : octave * 1414 / 1000;
}

}  // namespace

std::size_t CoarseCounts::BucketOf(Micros span) {
  const std::int64_t value = span.count();
  if (value <= kSmallest) return 0;
  const auto octave = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(value - 1) / kSmallest)) - 1;
  const std::size_t bucket = 2 * octave + 1;
  if (bucket >= kBuckets - 1) return kBuckets - 1;
  return value > EndOf(bucket) ? bucket + 1 : bucket;
}

Micros CoarseCounts::UpperEnd(std::size_t bucket) { return Micros{EndOf(bucket)}; }

std::uint64_t CoarseCounts::Count() const { return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}); }

std::optional<Micros> CoarseCounts::Quantile(double q) const {
  const std::uint64_t count = Count();
  if (count == 0) return std::nullopt;
  const double wanted = q * static_cast<double>(count);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += counts_[bucket];
    if (seen > 0 && static_cast<double>(seen) >= wanted) return UpperEnd(bucket);
  }
  return UpperEnd(kBuckets - 1);
}

void CoarseCounts::Merge(const CoarseCounts& other) {
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) counts_[bucket] += other.counts_[bucket];
}

void ClientSlot::Add(const ClientSlot& other) {
  destination.Merge(other.destination);
  end_to_end.Merge(other.end_to_end);
  if (other.held) held = held.value_or(0) + *other.held;
}

void ClientSlot::Follow(const ClientSlot& later) {
  destination.Merge(later.destination);
  end_to_end.Merge(later.end_to_end);
  if (later.held) held = later.held;
}

}  // namespace dst_load::measure
