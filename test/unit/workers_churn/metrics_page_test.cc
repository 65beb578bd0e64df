#include "workers/churn/metrics_page.h"

#include <catch2/catch.hpp>

namespace dst_load::workers::churn {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE("Every series is there from the start, at zero", "[churn][metrics]") {
  ChurnFlags flags;
  flags.services = "2";
  const auto options = ParseChurnOptions(flags);
  REQUIRE(options);
  RunView view;
  view.services.resize(2);
  const std::string page = RenderMetrics(*options, view);
  for (const char* line : {
           "# TYPE destination_churn_services gauge\ndestination_churn_services 2\n",
           "destination_churn_services_created_total 0\n",
           "destination_churn_scale_events_total{direction=\"up\"} 0\n",
           "destination_churn_scale_events_total{direction=\"down\"} 0\n",
           "destination_churn_scale_errors_total 0\n",
           "destination_churn_cycle 0\n",
           "destination_churn_step{step=\"HoldMax\"} 0\n",
           "destination_churn_endpoints{service=\"test-service-2\"} 0\n",
           "destination_churn_endpoint_changes_total{service=\"test-service-1\",kind=\"add\"} 0\n",
           "destination_churn_endpoint_changes_total{service=\"test-service-1\",kind=\"remove\"} 0\n",
           "# TYPE destination_churn_kubernetes_latency_seconds histogram\n",
           "destination_churn_kubernetes_latency_seconds_bucket{le=\"0.001\"} 0\n",
           "destination_churn_kubernetes_latency_seconds_bucket{le=\"60\"} 0\n",
           "destination_churn_kubernetes_latency_seconds_bucket{le=\"+Inf\"} 0\n",
           "destination_churn_schedule_lag_seconds_count 0\n",
           "# TYPE destination_churn_destination_scrapes_total counter\ndestination_churn_destination_scrapes_total "
           "0\n",
           "destination_churn_destination_scrape_failures_total 0\n",
           "destination_churn_clock_jumps_total 0\n",
       }) {
    CHECK_THAT(page, Contains(line));
  }
}

TEST_CASE("The page shows what was counted", "[churn][metrics]") {
  ChurnFlags flags;
  flags.services = "1";
  const auto options = ParseChurnOptions(flags);
  RunView view;
  view.services = {{50, 60, 40, 3}};
  view.scale_up = 4;
  view.progress.step = coordination::ChurnStep::kScaleUp;
  view.progress.cycle = 2;
  view.snapshot.destination.scrapes = 12;
  view.snapshot.destination.failures = 5;
  view.snapshot.clock_jumps = 1;
  view.snapshot.kubernetes.Record(150ms);
  view.snapshot.kubernetes.Record(1500ms);
  const std::string page = RenderMetrics(*options, view);
  CHECK_THAT(page, Contains("destination_churn_endpoints{service=\"test-service-1\"} 50\n"));
  CHECK_THAT(page, Contains("destination_churn_target_endpoints{service=\"test-service-1\"} 60\n"));
  CHECK_THAT(page, Contains("kind=\"add\"} 40\n"));
  CHECK_THAT(page, Contains("kind=\"remove\"} 3\n"));
  CHECK_THAT(page, Contains("direction=\"up\"} 4\n"));
  CHECK_THAT(page, Contains("step{step=\"ScaleUp\"} 1\n"));
  CHECK_THAT(page, Contains("destination_churn_cycle 2\n"));
  CHECK_THAT(page, Contains("destination_churn_destination_scrapes_total 12\n"));
  CHECK_THAT(page, Contains("destination_churn_destination_scrape_failures_total 5\n"));
  CHECK_THAT(page, Contains("destination_churn_clock_jumps_total 1\n"));
  CHECK_THAT(page, Contains("kubernetes_latency_seconds_bucket{le=\"0.1\"} 0\n"));
  CHECK_THAT(page, Contains("kubernetes_latency_seconds_bucket{le=\"0.2\"} 1\n"));
  CHECK_THAT(page, Contains("kubernetes_latency_seconds_bucket{le=\"2\"} 2\n"));
  CHECK_THAT(page, Contains("kubernetes_latency_seconds_sum 1.65\n"));
  CHECK_THAT(page, Contains("kubernetes_latency_seconds_count 2\n"));
}

}  // namespace
}  // namespace dst_load::workers::churn
