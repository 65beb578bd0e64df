#include <cmath>

#include <catch2/catch.hpp>

#include "base/random.h"
#include "measure/snapshot.h"

namespace dst_load::measure {
namespace {

WallTime Seconds(std::int64_t s) { return WallTime{std::chrono::seconds{s}}; }

GaugeSeries RandomGauges(Random& random) {
  GaugeSeries series;
  const auto reach = 1 + random.Below(2'000);
  for (auto n = random.Below(40); n > 0; --n) {
    series.At(Seconds(static_cast<std::int64_t>(random.Below(reach)) - 100))
        .Add({static_cast<double>(random.Below(9))});
  }
  return series;
}

ClientTimeline RandomTimeline(Random& random) {
  ClientTimeline timeline;
  const auto reach = 1 + random.Below(2'000);
  for (auto n = random.Below(40); n > 0; --n) {
    timeline.At(Seconds(static_cast<std::int64_t>(random.Below(reach))))
        .destination.Record(Micros{static_cast<std::int64_t>(random.Below(1'000'000))});
  }
  return timeline;
}

template <class Series>
Series Sum(Series a, const Series& b) {
  a.Merge(b);
  return a;
}

template <class Make>
void CheckMerging(Make make) {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 300; ++round) {
    const auto a = make(random), b = make(random), c = make(random);
    REQUIRE(Sum(a, b) == Sum(b, a));
    REQUIRE(Sum(Sum(a, b), c) == Sum(a, Sum(b, c)));
    REQUIRE(Sum(a, {}) == a);
  }
}

TEST_CASE("Series merge in any order to the same", "[series][property]") {
  CheckMerging(RandomGauges);
  CheckMerging(RandomTimeline);
}

TEST_CASE("A series keeps everything and stays short, however long the run", "[series]") {
  ClientTimeline timeline;
  for (std::int64_t s = 0; s < 100'000; s += 7) timeline.At(Seconds(s)).destination.Record(Micros{s});
  CHECK(timeline.Slots().size() <= ClientTimeline::kMaxSlots);
  CHECK(timeline.Width() == std::chrono::seconds{512});
  std::uint64_t count = 0;
  for (const auto& slot : timeline.Slots()) count += slot.destination.Count();
  CHECK(count == 14'286);
  CHECK(timeline.StartOf(0) == Seconds(0));
}

TEST_CASE("Slots are where their instants are, before the epoch too", "[series]") {
  GaugeSeries series;
  series.At(Seconds(10)).value = 1;
  series.At(Seconds(-3)).value = 2;
  CHECK(series.Width() == std::chrono::seconds{1});
  CHECK(series.StartOf(0) == Seconds(-3));
  REQUIRE(series.Slots().size() == 14);
  CHECK(series.Slots()[13].value == 1);
  series.At(WallTime{std::chrono::milliseconds{-2'500}}).value = 5;
  CHECK(series.Slots()[0].value == 5);
}

TEST_CASE("Of a gauge told twice in a slot the later one stays, and clients' gauges add up", "[series]") {
  ClientTimeline one, two;
  one.At(Seconds(4)).held = 7;
  one.At(Seconds(4)).held = 8;
  two.At(Seconds(4)).held = 10;
  CHECK(Sum(one, two).Slots()[0].held == 18);
}

TEST_CASE("A coarse bucket holds what is at most its end and above the one before", "[series]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 10'000; ++round) {
    const Micros span{static_cast<std::int64_t>(random.Below(1ULL << random.Below(36)))};
    const auto bucket = CoarseCounts::BucketOf(span);
    if (bucket + 1 < CoarseCounts::kBuckets) REQUIRE(span <= CoarseCounts::UpperEnd(bucket));
    if (bucket > 0) REQUIRE(span > CoarseCounts::UpperEnd(bucket - 1));
  }
  CHECK(CoarseCounts::BucketOf(Micros{-5}) == 0);
  CHECK(CoarseCounts::BucketOf(Micros::max()) == CoarseCounts::kBuckets - 1);
  CHECK(CoarseCounts::UpperEnd(CoarseCounts::kBuckets - 2) > std::chrono::minutes{30});
}

TEST_CASE("A coarse quantile is at most half an octave above the exact one", "[series]") {
  Random random(RandomSeed());
  CoarseCounts counts;
  std::vector<Micros> samples;
  for (int i = 0; i < 5'000; ++i) {
    samples.emplace_back(100 + static_cast<std::int64_t>(random.Below(3'000'000)));
    counts.Record(samples.back());
  }
  std::sort(samples.begin(), samples.end());
  for (const double q : {0.01, 0.5, 0.9, 0.99}) {
    const auto exact = samples[static_cast<std::size_t>(std::ceil(q * 5'000)) - 1];
    CHECK(*counts.Quantile(q) >= exact);
    CHECK(static_cast<double>(counts.Quantile(q)->count()) <= 1.42 * static_cast<double>(exact.count()));
  }
  CHECK_FALSE(CoarseCounts{}.Quantile(0.5).has_value());
}

TEST_CASE("What a scale event took is known when its clients' logs are merged, in any order", "[series][convergence]") {
  ConvergenceLog here, there;
  here.Learned(3, Seconds(10), Seconds(12));
  there.Learned(3, Seconds(10), Seconds(14));
  there.Missed(3, Seconds(20), Seconds(80));
  CHECK(Sum(here, there) == Sum(there, here));
  const auto both = Sum(here, there);
  CHECK(both.Events().size() == 2);
  CHECK(both.Times().Min() == std::chrono::seconds{4});
  CHECK(both.Times().Max() == std::chrono::seconds{60});
}

TEST_CASE("More scale events than there is room for are dropped from the old end, and counted",
          "[series][convergence]") {
  ConvergenceLog log;
  for (std::int64_t s = 0; s < 2'100; ++s) log.Learned(0, Seconds(s), Seconds(s + 1));
  CHECK(log.Events().size() == ConvergenceLog::kMaxEvents);
  CHECK(log.Dropped() == 100);
  CHECK(log.Events().begin()->first.t0 == Seconds(100));
}

TEST_CASE("Figures of the destination remember their first, last and largest value, over restarts of the worker",
          "[series][destination]") {
  DestinationMetrics first, second;
  first.figures["memory_bytes"].Record(Seconds(10), 100);
  first.figures["memory_bytes"].Record(Seconds(20), 300);
  second.figures["memory_bytes"].Record(Seconds(30), 200);
  second.Merge(first);
  const auto* memory = second.Find(DestinationMetrics::kMemory);
  REQUIRE(memory != nullptr);
  CHECK(memory->first == 100);
  CHECK(memory->last == 200);
  CHECK(memory->Growth() == 200);
  CHECK(second.Absent().size() == 7);
}

TEST_CASE("Marks beyond the limit are counted", "[series]") {
  ChurnSnapshot one, two;
  for (std::uint32_t i = 0; i < 700; ++i) {
    one.marks.push_back({Seconds(2 * i), "ScaleUp", i});
    two.marks.push_back({Seconds(2 * i + 1), "ScaleDown", i});
  }
  one.Merge(two);
  CHECK(one.marks.size() == ChurnSnapshot::kMaxMarks);
  CHECK(one.marks_dropped == 400);
  CHECK(one.marks[1].step == "ScaleDown");
}

}  // namespace
}  // namespace dst_load::measure
