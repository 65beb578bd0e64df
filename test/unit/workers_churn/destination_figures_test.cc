#include "workers/churn/destination_figures.h"

#include <catch2/catch.hpp>

namespace dst_load::workers::churn {
namespace {

using namespace std::chrono_literals;
using measure::DestinationMetrics;

struct Scrapes {
  FakeClock clock;
  DestinationFigures figures;

  void Page(std::string_view page, Micros after = 5s) {
    clock.Advance(after);
    figures.OnPage(page, clock.Wall(), clock.Mono());
  }
  const measure::DestinationFigure* Find(std::string_view figure) const { return figures.Metrics().Find(figure); }
  double Last(std::string_view figure) const {
    REQUIRE(Find(figure));
    return Find(figure)->last;
  }
};

/// As Linkerd's destination controller tells it, shortened.
constexpr std::string_view kLinkerd = R"(# TYPE endpoint_updates_queue_overflow counter
endpoint_updates_queue_overflow{service="a.ns.svc.cluster.local:8080"} 3
endpoint_updates_queue_overflow{service="b.ns.svc.cluster.local:8080"} 4
# TYPE endpoints_subscribers gauge
endpoints_subscribers{cluster="local",namespace="ns",port="8080",service="a"} 100
endpoints_subscribers{cluster="local",namespace="ns",port="8080",service="b"} 50
endpoints_updates{cluster="local",namespace="ns",port="8080",service="b"} 999
go_goroutines 412
go_memstats_alloc_bytes 2.5e+07
go_memstats_heap_inuse_bytes 3e+07
process_cpu_seconds_total 10.5
process_resident_memory_bytes 8e+07
process_start_time_seconds 1.7e+09
)";

TEST_CASE("Linkerd's page gives every figure that it has, and names the others absent", "[destination-metrics]") {
  Scrapes scrapes;
  scrapes.Page(kLinkerd);
  CHECK(scrapes.Last(DestinationMetrics::kMemory) == 8e7);
  CHECK(scrapes.Last(DestinationMetrics::kGoroutines) == 412);
  CHECK(scrapes.Last(DestinationMetrics::kHeap) == 3e7);
  CHECK(scrapes.Last(DestinationMetrics::kSubscribers) == 150);
  CHECK(scrapes.Last(DestinationMetrics::kOverflows) == 7);
  const auto& metrics = scrapes.figures.Metrics();
  CHECK(metrics.asked);
  CHECK(metrics.scrapes == 1);
  CHECK(metrics.failures == 0);
  // One scrape makes no rate.
  CHECK(metrics.Absent() == std::vector<std::string_view>{"cpu_cores", "views", "send_timeouts"});
}

TEST_CASE("Views and send timeouts are summed over their series", "[destination-metrics]") {
  Scrapes scrapes;
  scrapes.Page(
      "destination_endpoint_views_active{a=\"1\"} 2\ndestination_endpoint_views_active{a=\"2\"} 3\n"
      "destination_stream_send_timeouts_total{a=\"1\"} 1\ndestination_stream_send_timeouts_total{a=\"2\"} 0\n");
  CHECK(scrapes.Last(DestinationMetrics::kViews) == 5);
  CHECK(scrapes.Last(DestinationMetrics::kSendTimeouts) == 1);
}

TEST_CASE("Without heap in use the allocated bytes count as the heap", "[destination-metrics]") {
  Scrapes scrapes;
  scrapes.Page("go_memstats_alloc_bytes 12\n");
  CHECK(scrapes.Last(DestinationMetrics::kHeap) == 12);
}

TEST_CASE("Our reference's own names are known", "[destination-metrics]") {
  Scrapes scrapes;
  scrapes.Page("reference_streams_active 12\nreference_overflows_total 2\nprocess_resident_memory_bytes 100\n");
  CHECK(scrapes.Last(DestinationMetrics::kSubscribers) == 12);
  CHECK(scrapes.Last(DestinationMetrics::kOverflows) == 2);
  CHECK(scrapes.Last(DestinationMetrics::kMemory) == 100);
}

TEST_CASE("Processor time becomes cores in use between two scrapes", "[destination-metrics]") {
  Scrapes scrapes;
  scrapes.Page("process_cpu_seconds_total 10\nprocess_start_time_seconds 5\n");
  CHECK_FALSE(scrapes.Find(DestinationMetrics::kCpu));
  scrapes.Page("process_cpu_seconds_total 17.5\nprocess_start_time_seconds 5\n", 5s);
  CHECK(scrapes.Last(DestinationMetrics::kCpu) == Approx(1.5));
  scrapes.Page("process_cpu_seconds_total 18\nprocess_start_time_seconds 5\n", 2s);
  CHECK(scrapes.Last(DestinationMetrics::kCpu) == Approx(0.25));
  CHECK(scrapes.Find(DestinationMetrics::kCpu)->max == Approx(1.5));
}

TEST_CASE("A scrape that failed in between only makes the span of a rate longer", "[destination-metrics]") {
  Scrapes scrapes;
  scrapes.Page("process_cpu_seconds_total 10\n");
  scrapes.clock.Advance(5s);
  scrapes.figures.OnFailure("no");
  scrapes.Page("process_cpu_seconds_total 20\n", 5s);
  CHECK(scrapes.Last(DestinationMetrics::kCpu) == Approx(1));
}

TEST_CASE("A destination that starts again makes no rate and no negative growth", "[destination-metrics]") {
  Scrapes scrapes;
  scrapes.Page("process_cpu_seconds_total 100\nprocess_resident_memory_bytes 80\nprocess_start_time_seconds 5\n");
  SECTION("its counter goes back") {
    scrapes.Page("process_cpu_seconds_total 1\nprocess_resident_memory_bytes 20\nprocess_start_time_seconds 5\n");
  }
  SECTION("its counter has already passed the old one") {
    scrapes.Page("process_cpu_seconds_total 101\nprocess_resident_memory_bytes 20\nprocess_start_time_seconds 9\n");
  }
  CHECK_FALSE(scrapes.Find(DestinationMetrics::kCpu));
  CHECK(scrapes.Find(DestinationMetrics::kMemory)->Growth() == 0);
  CHECK(scrapes.Find(DestinationMetrics::kMemory)->last == 20);
}

TEST_CASE("A failed scrape is counted, and its trouble stands until one works", "[destination-metrics]") {
  Scrapes scrapes;
  scrapes.figures.OnFailure("get http://x/: no connection");
  CHECK(scrapes.figures.Metrics().failures == 1);
  CHECK(scrapes.figures.Metrics().trouble == "get http://x/: no connection");
  CHECK(scrapes.figures.Metrics().Absent().size() == std::size(DestinationMetrics::kFigures));
  scrapes.Page("go_goroutines 1\n");
  CHECK(scrapes.figures.Metrics().trouble.empty());
  CHECK(scrapes.figures.Metrics().scrapes == 2);
  CHECK(scrapes.figures.Metrics().failures == 1);
}

TEST_CASE("A page without a sample is a failure, unreadable lines of any other only count", "[destination-metrics]") {
  Scrapes scrapes;
  scrapes.Page("<html>\n<body>\n");
  CHECK(scrapes.figures.Metrics().failures == 1);
  CHECK_THAT(scrapes.figures.Metrics().trouble, Catch::Contains("2 other lines"));
  scrapes.Page("go_goroutines 1\nwhat is this\n");
  CHECK(scrapes.figures.Metrics().failures == 1);
  CHECK(scrapes.figures.Unreadable() == 3);
}

TEST_CASE("A value that is no finite number is left out of a figure", "[destination-metrics]") {
  Scrapes scrapes;
  scrapes.Page("endpoints_subscribers{a=\"1\"} NaN\nendpoints_subscribers{a=\"2\"} 3\ngo_goroutines +Inf\n");
  CHECK(scrapes.Last(DestinationMetrics::kSubscribers) == 3);
  CHECK_FALSE(scrapes.Find(DestinationMetrics::kGoroutines));
}

}  // namespace
}  // namespace dst_load::workers::churn
