#include "measure/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace dst_load::measure {
namespace {

// Values below kExact have a bucket each; every octave above has kPage buckets.
constexpr std::uint32_t kPage = 1024;
constexpr std::uint32_t kExact = 2 * kPage;
constexpr std::int64_t kLowest = 1;
constexpr std::int64_t kHighest = 3'600'000'000;
__extension__ using Wide = __int128;

std::int64_t Saturated(Wide value) {
  constexpr Wide kMin = std::numeric_limits<std::int64_t>::min(), kMax = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::clamp(value, kMin, kMax));
}

tl::unexpected<Error> Bad(std::string_view why) { return Fail(Code::kInvalid, fmt::format("read histogram: {}", why)); }

}  // namespace

std::uint32_t Histogram::IndexOf(Micros value) {
  const auto v = static_cast<std::uint64_t>(std::clamp<std::int64_t>(value.count(), kLowest, kHighest));
  if (v < kExact) return static_cast<std::uint32_t>(v - 1);
  const auto octave = static_cast<std::uint32_t>(std::bit_width(v)) - 11;
  return octave * kPage + static_cast<std::uint32_t>(v >> octave) - 1;
}

Micros Histogram::UpperEnd(std::uint32_t index) {
  const std::uint64_t u = std::uint64_t{index} + 1;
  if (u < kExact) return Micros{static_cast<std::int64_t>(u)};
  const std::uint64_t octave = u / kPage - 1;
  const std::uint64_t end = ((u - octave * kPage + 1) << octave) - 1;
  return Micros{std::min(static_cast<std::int64_t>(end), kHighest)};
}

std::uint32_t Histogram::IndexCount() { return IndexOf(Micros{kHighest}) + 1; }

std::uint64_t& Histogram::At(std::uint32_t index) {
  const std::size_t page = index / kPage;
  if (pages_.size() <= page) pages_.resize(page + 1);
  if (pages_[page].empty()) pages_[page].resize(kPage);
  return pages_[page][index % kPage];
}

template <class Visit>
void Histogram::EachBucket(Visit visit) const {
  for (std::uint32_t page = 0; page < pages_.size(); ++page) {
    for (std::uint32_t i = 0; i < pages_[page].size(); ++i) {
      const std::uint64_t count = pages_[page][i];
      if (count != 0 && !visit(page * kPage + i, count)) return;
    }
  }
}

void Histogram::Record(Micros value, std::uint64_t count) {
  if (count == 0) return;
  const std::int64_t v = value.count();
  At(IndexOf(value)) += count;
  if (v < kLowest) below_ += count;
  if (v > kHighest) above_ += count;
  min_ = count_ == 0 ? v : std::min(min_, v);
  max_ = count_ == 0 ? v : std::max(max_, v);
  count_ += count;
  sum_ = Saturated(Wide{sum_} + Wide{v} * Wide{count});
}

void Histogram::Merge(const Histogram& other) {
  if (other.count_ == 0) return;
  other.EachBucket([this](std::uint32_t index, std::uint64_t count) {
    At(index) += count;
    return true;
  });
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = count_ == 0 ? other.max_ : std::max(max_, other.max_);
  count_ += other.count_;
  below_ += other.below_;
  above_ += other.above_;
  sum_ = Saturated(Wide{sum_} + Wide{other.sum_});
}

std::optional<Micros> Histogram::Min() const { return count_ == 0 ? std::nullopt : std::optional(Micros{min_}); }

std::optional<Micros> Histogram::Max() const { return count_ == 0 ? std::nullopt : std::optional(Micros{max_}); }

std::optional<Micros> Histogram::Quantile(double q, std::uint64_t later) const {
  if (count_ == 0) return std::nullopt;
  const std::uint64_t all = count_ + later;
  const double rank = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(all));
  const std::uint64_t wanted = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rank), 1, all);
  if (wanted > count_) return std::nullopt;
  std::uint32_t found = 0;
  std::uint64_t seen = 0;
  EachBucket([&](std::uint32_t index, std::uint64_t count) {
    found = index;
    seen += count;
    return seen < wanted;
  });
  // The highest bucket has no upper end once something lies above it.
  if (above_ > 0 && found + 1 == IndexCount()) return Micros{max_};
  return std::min(UpperEnd(found), Micros{max_});
}

std::uint64_t Histogram::CountAtMost(Micros bound) const {
  if (count_ == 0 || bound.count() < min_) return 0;
  if (bound.count() >= max_) return count_;
  std::uint64_t seen = 0;
  EachBucket([&](std::uint32_t index, std::uint64_t count) {
    if (UpperEnd(index) > bound) return false;
    seen += index + 1 == IndexCount() ? count - above_ : count;
    return true;
  });
  return seen;
}

std::vector<std::pair<std::uint32_t, std::uint64_t>> Histogram::Buckets() const {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> buckets;
  EachBucket([&](std::uint32_t index, std::uint64_t count) {
    buckets.emplace_back(index, count);
    return true;
  });
  return buckets;
}

Histogram::Wire Histogram::ToWire() const { return {Buckets(), min_, max_, sum_, below_, above_}; }

Result<Histogram> Histogram::FromWire(const Wire& wire) {
  Histogram read;
  if (wire.buckets.empty()) {
    if (wire.min != 0 || wire.max != 0 || wire.sum != 0 || wire.below != 0 || wire.above != 0) {
      return Bad("figures without samples");
    }
    return read;
  }
  std::optional<std::uint32_t> previous;
  for (const auto& [index, count] : wire.buckets) {
    if (index >= IndexCount()) return Bad(fmt::format("bucket {} is out of range", index));
    if (previous && index <= *previous) return Bad(fmt::format("bucket {} is out of order", index));
    if (count == 0) return Bad(fmt::format("bucket {} is empty", index));
    if (count > std::numeric_limits<std::uint64_t>::max() - read.count_) return Bad("its counts overflow");
    previous = index;
    read.count_ += count;
    read.At(index) = count;
  }
  const auto& [first, first_count] = wire.buckets.front();
  const auto& [last, last_count] = wire.buckets.back();
  const Wide count = Wide{read.count_};
  if (wire.min > wire.max || IndexOf(Micros{wire.min}) != first || IndexOf(Micros{wire.max}) != last) {
    return Bad("min and max are not those of its buckets");
  }
  if ((wire.below > 0) != (wire.min < kLowest) || (wire.above > 0) != (wire.max > kHighest) ||
      (wire.below > 0 && wire.below > first_count) || (wire.above > 0 && wire.above > last_count)) {
    return Bad("what lies out of range does not add up");
  }
  if (wire.sum < Saturated(Wide{wire.min} * count) || wire.sum > Saturated(Wide{wire.max} * count)) {
    return Bad("its sum is not that of its buckets");
  }
  read.below_ = wire.below;
  read.above_ = wire.above;
  read.min_ = wire.min;
  read.max_ = wire.max;
  read.sum_ = wire.sum;
  return read;
}

bool Histogram::operator==(const Histogram& other) const {
  return count_ == other.count_ && below_ == other.below_ && above_ == other.above_ && sum_ == other.sum_ &&
         min_ == other.min_ && max_ == other.max_ && Buckets() == other.Buckets();
}

}  // namespace dst_load::measure
