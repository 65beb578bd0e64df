#include <string>

#include <catch2/catch.hpp>

#include "test/unit/measure/verdict_run.h"

namespace dst_load::measure {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

/// The destination's memory at the first scrape, at its most and at the last.
void Remember(VerdictRun& run, double first, double most, double last) {
  DestinationMetrics& metrics = run.churn.destination;
  metrics.asked = true;
  metrics.scrapes = 3;
  DestinationFigure& memory = metrics.figures[std::string(DestinationMetrics::kMemory)];
  memory.Record(WallTime{std::chrono::seconds{10}}, first);
  memory.Record(WallTime{std::chrono::seconds{15}}, most);
  memory.Record(WallTime{std::chrono::seconds{20}}, last);
}

TEST_CASE("The destination's memory is judged by the most that it had", "[verdict]") {
  VerdictRun run;
  Remember(run, 1 * kGiB, 1.25 * kGiB, 0.5 * kGiB);
  run.criteria.destination_memory = 1.25 * kGiB;
  CHECK(run.Judged().outcome == Outcome::kPass);
  CHECK(run.Criterion("destinationMemory").limit == "1.25GiB");
  CHECK(run.Criterion("destinationMemory").measured == "1.25GiB");
  run.criteria.destination_memory = 900.0 * 1024 * 1024;
  CheckFailed(run, "DestinationMemory");
  CHECK(run.Judged().message == "destinationMemory is 1.25GiB, over its limit of 900MiB");
  run.criteria.destination_memory = 1000.0 * 1024 * 1024;
  CHECK(run.Criterion("destinationMemory").limit == "0.977GiB");
}

TEST_CASE("Growth is judged from the first scrape to the most", "[verdict]") {
  VerdictRun run;
  Remember(run, 1 * kGiB, 1.25 * kGiB, 0.5 * kGiB);
  run.criteria.destination_memory_growth = 0.25 * kGiB;
  CHECK(run.Judged().outcome == Outcome::kPass);
  CHECK(run.Criterion("destinationMemoryGrowth").measured == "256MiB");
  run.criteria.destination_memory_growth = 0;
  CheckFailed(run, "DestinationMemoryGrowth");
  CHECK(run.Criterion("destinationMemoryGrowth").limit == "0B");
}

TEST_CASE("Memory that no scrape found is inconclusive, with the series and the newest trouble", "[verdict]") {
  VerdictRun run;
  run.criteria.destination_memory = kGiB;
  DestinationMetrics& metrics = run.churn.destination;
  const auto says = [&](const char* why) {
    CheckInconclusive(run, "DestinationMetricsMissing");
    CHECK_THAT(run.Judged().message, Catch::Contains("process_resident_memory_bytes") && Catch::EndsWith(why));
    CHECK(run.Criterion("destinationMemory").measured == "no samples");
  };
  says("the churn worker was given no metrics URL");
  metrics.asked = true;
  says("the page was never read");
  metrics.scrapes = 2;
  says("the page does not have it");
  metrics.trouble = "get http://a/: cannot connect";
  says("get http://a/: cannot connect");
  run.criteria.destination_memory.reset();
  CHECK(run.Judged().outcome == Outcome::kPass);
}

}  // namespace
}  // namespace dst_load::measure
