// What a client tells of its counts: metrics page, results, and how shards are merged for both.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "workers/client/engine.h"
#include "workers/client/metrics.h"
#include "workers/client/results.h"
#include "workers/client/stream_end.h"

using namespace dst_load;
using namespace dst_load::workers;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

const std::vector<std::string> kServices{"a.ns:1", "b.ns:1"};

ShardView Some() {
  ShardView view;
  view.updates = {7, 0};
  auto& counts = view.snapshot.services[0];
  counts.due = counts.credited = 4;
  counts.messages = 5;
  counts.end_to_end.Record(40ms, 3);
  counts.end_to_end.Record(1500ms);
  view.snapshot.streams_target = 6;
  view.snapshot.streams_open = 5;
  view.snapshot.streams_created = 9;
  view.snapshot.streams_reset = 2;
  view.snapshot.send_timeouts = 1;
  view.snapshot.errors["unavailable"] = 3;
  view.snapshot.stream_lifetime.Record(10s);
  view.snapshot.violations[0] = 8;
  return view;
}

}  // namespace

TEST_CASE("Every series of the plan is on the page from the start, at zero", "[metrics]") {
  const auto page = RenderMetrics({}, kServices);
  for (const char* q : {"0.5", "0.95", "0.99", "0.999"}) {
    const std::string quantile = std::string("quantile=\"") + q + "\"} 0";
    CHECK_THAT(page, Contains("destination_client_update_latency_seconds{service=\"b.ns:1\"," + quantile));
    CHECK_THAT(page, Contains("destination_client_stream_lifetime_seconds{" + quantile));
    CHECK_THAT(page, Contains("destination_client_connection_duration_seconds{" + quantile));
  }
  CHECK_THAT(page, Contains("destination_client_updates_received_total{service=\"a.ns:1\"} 0"));
  CHECK_THAT(page, Contains("destination_client_streams_active 0"));
  CHECK_THAT(page, Contains("destination_client_streams_created_total 0"));
  CHECK_THAT(page, Contains("destination_client_streams_reset_total 0"));
  CHECK_THAT(page, Contains("destination_client_send_timeouts_total 0"));
  for (const std::string reason : kErrorReasons) {
    CHECK_THAT(page, Contains("destination_client_connection_errors_total{reason=\"" + reason + "\"} 0"));
  }
  for (std::size_t i = 0; i < measure::kInvariantCount; ++i) {
    const std::string name{measure::InvariantName(static_cast<measure::Invariant>(i))};
    CHECK_THAT(page, Contains("destination_client_invariant_violations_total{invariant=\"" + name + "\"} 0"));
  }
  // Every bound that a criterion is likely to have.
  for (const char* bound : {"0.1", "0.2", "0.5", "1", "2", "3", "5", "10", "15", "20", "60", "+Inf"}) {
    CHECK_THAT(page, Contains("destination_client_end_to_end_latency_seconds_bucket{service=\"a.ns:1\",le=\"" +
                              std::string(bound) + "\"} 0"));
    CHECK_THAT(page, Contains("destination_client_destination_latency_seconds_bucket{service=\"a.ns:1\",le=\"" +
                              std::string(bound) + "\"} 0"));
  }
}

TEST_CASE("The page says what was counted", "[metrics]") {
  const auto page = RenderMetrics(Some(), kServices);
  CHECK_THAT(page, Contains("destination_client_updates_received_total{service=\"a.ns:1\"} 7"));
  CHECK_THAT(page, Contains("destination_client_streams_active 5"));
  CHECK_THAT(page, Contains("destination_client_connection_errors_total{reason=\"unavailable\"} 3"));
  CHECK_THAT(page, Contains("end_to_end_latency_seconds_bucket{service=\"a.ns:1\",le=\"0.02\"} 0"));
  CHECK_THAT(page, Contains("end_to_end_latency_seconds_bucket{service=\"a.ns:1\",le=\"0.05\"} 3"));
  CHECK_THAT(page, Contains("end_to_end_latency_seconds_bucket{service=\"a.ns:1\",le=\"2\"} 4"));
  CHECK_THAT(page, Contains("end_to_end_latency_seconds_count{service=\"a.ns:1\"} 4"));
  CHECK_THAT(page, Contains("destination_client_changes{service=\"a.ns:1\",state=\"credited\"} 4"));
  CHECK_THAT(page, Contains("violations_total{invariant=\"converged\"} 8"));
}

TEST_CASE("The results are one line of JSON, in microseconds", "[results]") {
  const auto text = RenderResults(Some(), kServices);
  CHECK(text.find('\n') == std::string::npos);
  const auto results = nlohmann::json::parse(text);
  CHECK(results["streams"]["created"] == 9);
  CHECK(results["streams"]["errors"]["unavailable"] == 3);
  CHECK(results["total"]["credited"] == 4);
  CHECK(results["total"]["endToEnd"]["count"] == 4);
  CHECK(results["total"]["endToEnd"]["maxMicros"] == 1'500'000);
  CHECK(results["services"]["a.ns:1"]["updatesReceived"] == 7);
  CHECK(results["violations"]["converged"] == 8);
}

TEST_CASE("Shards are merged by addition; what must hold for all is the least of them", "[engine]") {
  ShardView left = Some(), right = Some();
  left.truth_seq = 9, left.settled = true;
  right.truth_seq = 7, right.settled = false, right.truth_hole = true, right.trouble = "no route";
  left.offences.assign(15, "left"), right.offences.assign(15, "right");
  MergeViews(left, right);
  CHECK(left.updates == std::vector<std::uint64_t>{14, 0});
  CHECK(left.snapshot.services.at(0).credited == 8);
  CHECK(left.snapshot.streams_open == 10);
  CHECK(left.truth_seq == 7);
  CHECK_FALSE(left.settled);
  CHECK(left.truth_hole);
  CHECK(left.trouble == "no route");
  CHECK(left.offences.size() == 20);
}
