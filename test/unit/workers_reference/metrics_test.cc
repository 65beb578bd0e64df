#include "workers/reference/metrics.h"

#include <catch2/catch.hpp>

using namespace dst_load::workers::reference;

TEST_CASE("Every fault has a series from the start", "[metrics]") {
  ServerStats stats;
  stats.faults[static_cast<std::size_t>(FaultKind::kStale)] = 7;
  const auto page = RenderMetrics(stats, {});
  CHECK_THAT(page, Catch::Contains("# TYPE reference_faults_total counter\n") &&
                       Catch::Contains("reference_faults_total{kind=\"stale\"} 7\n"));
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    const std::string name(FaultName(static_cast<FaultKind>(i)));
    if (name == "stale") continue;
    CHECK_THAT(page, Catch::Contains("reference_faults_total{kind=\"" + name + "\"} 0\n"));
  }
}
