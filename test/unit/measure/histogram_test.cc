#include "measure/histogram.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "base/random.h"

namespace dst_load::measure {
namespace {

constexpr std::int64_t kHour = 3'600'000'000;

/// Spans of every magnitude; some zero, negative, or above an hour when `wild`.
std::vector<Micros> RandomSpans(Random& random, std::size_t count, bool wild) {
  std::vector<Micros> spans;
  for (std::size_t i = 0; i < count; ++i) {
    const auto magnitude = std::uint64_t{1} << random.Below(32);
    auto span = static_cast<std::int64_t>(1 + random.Below(magnitude));
    span = std::min(span, kHour);
    if (wild && random.Below(10) == 0) span = -span;
    if (wild && random.Below(20) == 0) span = 0;
    if (wild && random.Below(10) == 0) span = kHour + static_cast<std::int64_t>(random.Below(kHour));
    spans.push_back(Micros{span});
  }
  return spans;
}

Histogram Of(const std::vector<Micros>& spans) {
  Histogram histogram;
  for (const Micros span : spans) histogram.Record(span);
  return histogram;
}

TEST_CASE("An empty histogram has no quantiles and counts nothing", "[histogram]") {
  const Histogram empty;
  CHECK(empty.Count() == 0);
  CHECK_FALSE(empty.Quantile(0.5));
  CHECK_FALSE(empty.Min());
  CHECK_FALSE(empty.Max());
  CHECK(empty.CountAtMost(Micros{kHour}) == 0);
  CHECK(empty.Buckets().empty());
  CHECK(*Histogram::FromWire(empty.ToWire()) == empty);
}

TEST_CASE("Buckets tile 1 us to 1 h without gap or overlap, each at most 1/1000 of its values wide", "[histogram]") {
  std::int64_t lower = 1;
  for (std::uint32_t i = 0; i < Histogram::IndexCount(); ++i) {
    const std::int64_t upper = Histogram::UpperEnd(i).count();
    REQUIRE(upper >= lower);
    REQUIRE(Histogram::IndexOf(Micros{lower}) == i);
    REQUIRE(Histogram::IndexOf(Micros{upper}) == i);
    REQUIRE((upper - lower) * 1000 <= lower);
    lower = upper + 1;
  }
  CHECK(lower == kHour + 1);
}

TEST_CASE("Quantiles lie within 1/1000 above those of exact sorting", "[histogram]") {
  const std::uint64_t seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 60; ++round) {
    std::vector<Micros> spans = RandomSpans(random, 1 + random.Below(500), false);
    const Histogram histogram = Of(spans);
    std::sort(spans.begin(), spans.end());
    CHECK(*histogram.Min() == spans.front());
    CHECK(*histogram.Max() == spans.back());
    for (const double q : {0.0, 0.001, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
      const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(spans.size())));
      const std::int64_t exact = spans[rank == 0 ? 0 : rank - 1].count();
      const std::int64_t measured = histogram.Quantile(q)->count();
      INFO("q " << q << " exact " << exact << " measured " << measured);
      REQUIRE(measured >= exact);
      REQUIRE((measured - exact) * 1000 <= exact);
    }
    CHECK(*histogram.Quantile(1.0) == spans.back());
  }
}

TEST_CASE("Merging is associative and commutative and equals recording everything in one place", "[histogram]") {
  const std::uint64_t seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 40; ++round) {
    const auto a = RandomSpans(random, random.Below(50), true);
    const auto b = RandomSpans(random, random.Below(50), true);
    const auto c = RandomSpans(random, random.Below(50), true);
    Histogram left = Of(a);
    left.Merge(Of(b));
    left.Merge(Of(c));
    Histogram inner = Of(c);
    inner.Merge(Of(b));
    inner.Merge(Of(a));
    Histogram all;
    for (const auto* spans : {&a, &b, &c}) {
      for (const Micros span : *spans) all.Record(span);
    }
    REQUIRE(left == inner);
    REQUIRE(left == all);
    std::int64_t sum = 0;
    for (const auto* spans : {&a, &b, &c}) {
      for (const Micros span : *spans) sum += span.count();
    }
    REQUIRE(all.Sum() == sum);
  }
}

TEST_CASE("What goes over the wire comes back equal", "[histogram]") {
  const std::uint64_t seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 60; ++round) {
    const Histogram sent = Of(RandomSpans(random, random.Below(300), true));
    const Histogram::Wire wire = sent.ToWire();
    const auto received = Histogram::FromWire(wire);
    REQUIRE(received);
    REQUIRE(*received == sent);
    REQUIRE(std::is_sorted(wire.buckets.begin(), wire.buckets.end()));
  }
}

TEST_CASE("Spans out of range count in the end buckets, apart, and keep min and max exact", "[histogram]") {
  Histogram histogram;
  histogram.Record(Micros{-50}, 2);
  histogram.Record(Micros{0});
  histogram.Record(Micros{kHour});
  histogram.Record(Micros{2 * kHour}, 3);
  CHECK(histogram.Below() == 3);
  CHECK(histogram.Above() == 3);
  CHECK(histogram.Count() == 7);
  CHECK(*histogram.Min() == Micros{-50});
  CHECK(*histogram.Max() == Micros{2 * kHour});
  CHECK(*histogram.Quantile(1.0) == Micros{2 * kHour});
  CHECK(histogram.CountAtMost(Micros{kHour}) == 4);
  CHECK(histogram.CountAtMost(Micros{2 * kHour}) == 7);
  CHECK(histogram.Buckets().size() == 2);
  histogram.Record(Micros{5}, 0);
  CHECK(histogram.Count() == 7);
}

TEST_CASE("CountAtMost grows with its bound and never exceeds what is at most that", "[histogram]") {
  const std::uint64_t seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 20; ++round) {
    const auto spans = RandomSpans(random, 200, true);
    const Histogram histogram = Of(spans);
    std::uint64_t previous = 0;
    for (std::int64_t bound = 1; bound < 3 * kHour; bound = bound * 3 / 2 + 1) {
      const std::uint64_t count = histogram.CountAtMost(Micros{bound});
      const auto exact = std::count_if(spans.begin(), spans.end(), [&](Micros span) { return span.count() <= bound; });
      REQUIRE(count >= previous);
      REQUIRE(count <= static_cast<std::uint64_t>(exact));
      previous = count;
    }
    CHECK(histogram.CountAtMost(*histogram.Max()) == histogram.Count());
    CHECK(histogram.CountAtMost(*histogram.Min() - Micros{1}) == 0);
  }
}

TEST_CASE("A sum that exceeds 64 bits stays at the limit", "[histogram]") {
  Histogram histogram;
  histogram.Record(Micros{kHour}, std::numeric_limits<std::uint64_t>::max() / 2);
  CHECK(histogram.Sum() == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("Garbage on the wire is refused", "[histogram]") {
  Histogram good;
  good.Record(Micros{10}, 4);
  good.Record(Micros{5000}, 2);
  const Histogram::Wire wire = good.ToWire();
  REQUIRE(Histogram::FromWire(wire));
  const auto refused = [&](auto change) {
    Histogram::Wire bad = wire;
    change(bad);
    const auto read = Histogram::FromWire(bad);
    return !read && read.error().code == Code::kInvalid;
  };
  CHECK(refused([](auto& w) { w.buckets.back().first = Histogram::IndexCount(); }));
  CHECK(refused([](auto& w) { std::swap(w.buckets[0], w.buckets[1]); }));
  CHECK(refused([](auto& w) { w.buckets[1] = w.buckets[0]; }));
  CHECK(refused([](auto& w) { w.buckets[0].second = 0; }));
  CHECK(refused([](auto& w) { w.buckets[0].second = std::numeric_limits<std::uint64_t>::max(); }));
  CHECK(refused([](auto& w) { w.buckets.clear(); }));
  CHECK(refused([](auto& w) { w.min = 11; }));
  CHECK(refused([](auto& w) { w.max = 6000; }));
  CHECK(refused([](auto& w) { w.below = 1; }));
  CHECK(refused([](auto& w) { w.above = 1; }));
  CHECK(refused([](auto& w) { w.sum = 1; }));
  CHECK(refused([](auto& w) { w.sum = 1'000'000; }));
  Histogram low;
  low.Record(Micros{-5}, 2);
  Histogram::Wire low_wire = low.ToWire();
  low_wire.below = 3;
  CHECK_FALSE(Histogram::FromWire(low_wire));
}

}  // namespace
}  // namespace dst_load::measure
