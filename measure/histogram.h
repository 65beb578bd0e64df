#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.h"

namespace dst_load::measure {

/// Log-linear histogram of spans: 1 us to 1 h, three significant digits (a bucket is at most 1/1000 of its value wide),
/// after HdrHistogram. Below 1 us (zero and negative included) counts in the lowest bucket, above 1 h in the highest;
/// both are counted apart as well, and min, max and sum are exact.
///
/// Merging is addition: associative, commutative, lossless. Buckets are allocated on first use, a page of an octave at
/// a time: 8 KiB for what lies within a factor of two. Not thread-safe.
class Histogram {
 public:
  void Record(Micros value, std::uint64_t count = 1);
  void Merge(const Histogram& other);

  std::uint64_t Count() const { return count_; }
  /// The value below or at which a share `q` in [0,1] of the samples lies: the upper end of its bucket, at most Max().
  /// Max() itself in the highest bucket when something lies above it. nullopt when empty.
  /// `later`: so many more samples are thought of, each later than any that is there; nullopt when the quantile is one
  /// of these.
  std::optional<Micros> Quantile(double q, std::uint64_t later = 0) const;
  std::optional<Micros> Min() const;
  std::optional<Micros> Max() const;
  /// Exact sum in microseconds; stays at the limits of 64 bits instead of wrapping.
  std::int64_t Sum() const { return sum_; }
  /// Samples at most `bound`, by whole buckets: for Prometheus' `le`.
  std::uint64_t CountAtMost(Micros bound) const;
  /// Samples below 1 us, negative ones included, and above 1 h.
  std::uint64_t Below() const { return below_; }
  std::uint64_t Above() const { return above_; }

  /// Sparse wire form: (bucket index, count), ascending, no zeros.
  std::vector<std::pair<std::uint32_t, std::uint64_t>> Buckets() const;
  struct Wire {
    std::vector<std::pair<std::uint32_t, std::uint64_t>> buckets;
    std::int64_t min = 0, max = 0, sum = 0;
    std::uint64_t below = 0, above = 0;
  };
  Wire ToWire() const;
  /// Errors: kInvalid for indexes out of range or out of order and for counts that do not add up.
  static Result<Histogram> FromWire(const Wire& wire);

  bool operator==(const Histogram& other) const;

  /// Bucket layout, shared with reports: index of a value and the inclusive upper end of a bucket, in microseconds.
  static std::uint32_t IndexOf(Micros value);
  static Micros UpperEnd(std::uint32_t index);
  static std::uint32_t IndexCount();

 private:
  std::uint64_t& At(std::uint32_t index);
  /// Calls visit(index, count) for what is not zero, ascending, until it returns false.
  template <class Visit>
  void EachBucket(Visit visit) const;

  std::vector<std::vector<std::uint64_t>> pages_;
  std::uint64_t count_ = 0, below_ = 0, above_ = 0;
  std::int64_t sum_ = 0, min_ = 0, max_ = 0;
};

}  // namespace dst_load::measure
