#include "operator/load_test.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("An empty spec has the defaults of the CRD", "[load_test]") {
  const auto test = ParseLoadTest(json::parse(R"({"metadata":{"name":"a","namespace":"n"},"spec":{}})"));
  CHECK(test.invalid.empty());
  CHECK(test.Key() == kube::ObjectKey{"n", "a"});
  CHECK(test.spec.destination == "linkerd-destination.linkerd.svc.cluster.local:8086");
  CHECK(test.spec.services == 10);
  CHECK_FALSE(test.spec.churn.oscillate);
  CHECK(test.spec.churn.endpoints_per_service == 100);
  CHECK(test.spec.client.replicas == 10);
  CHECK(test.spec.Streams() == 1000);
  CHECK(test.spec.criteria.invariants);
  CHECK_FALSE(test.spec.criteria.end_to_end.p99.has_value());
  CHECK(test.spec.convergence_deadline == seconds{60});
  CHECK(test.spec.startup_deadline == minutes{5});
  CHECK_FALSE(test.spec.deadline.has_value());
}

TEST_CASE("Every field of the spec is read", "[load_test]") {
  const auto spec = ParseSpec(json::parse(R"({"spec":{
    "destination":{"address":"d:1","metricsURL":"http://d:2/metrics","contextNodes":3},
    "workload":{"services":4,"namePrefix":"svc"},
    "churn":{"pattern":"oscillate","minEndpoints":1,"maxEndpoints":5,"minHold":"1s","maxHold":"2s","jitter":"500ms",
             "cycles":7,"duration":"9m","seed":42},
    "client":{"replicas":2,"streamsPerService":6,"streamsPerConnection":8,"rampUp":"3s","streamMaxLifetime":"4m",
              "streamResetInterval":"5m","maxLostPercent":"12.5"},
    "criteria":{"kubernetes":{"p50":"1s"},"destination":{"p95":"2s","p999":"3s"},"endToEnd":{"p99":"4s","max":"5s"},
                "streamTimeoutPercent":"0.5","destinationMemory":"8Gi","destinationMemoryGrowth":1000000,
                "invariants":false},
    "convergenceDeadline":"30s","startupDeadline":"1m","deadline":"2h","cleanup":"OnSuccess",
    "ttlAfterFinished":"3h","stop":true,"suspend":true}})"));
  REQUIRE(spec.has_value());
  CHECK(spec->destination == "d:1");
  CHECK(spec->destination_metrics_url == "http://d:2/metrics");
  CHECK(spec->context_nodes == 3);
  CHECK(spec->name_prefix == "svc");
  CHECK(spec->churn.oscillate);
  CHECK(spec->churn.min_endpoints == 1);
  CHECK(spec->churn.max_endpoints == 5);
  CHECK(spec->churn.min_hold == seconds{1});
  CHECK(spec->churn.max_hold == seconds{2});
  CHECK(spec->churn.jitter == milliseconds{500});
  CHECK(spec->churn.cycles == 7);
  CHECK(spec->churn.duration == minutes{9});
  CHECK(spec->churn.seed == 42);
  CHECK(spec->Streams() == 48);
  CHECK(spec->suspend);
  CHECK(spec->ttl_after_finished == std::chrono::hours{3});
  CHECK(spec->client.streams_per_connection == 8);
  CHECK(spec->client.ramp_up == seconds{3});
  CHECK(spec->client.stream_max_lifetime == minutes{4});
  CHECK(spec->client.stream_reset_interval == minutes{5});
  CHECK(spec->criteria.kubernetes.p50 == seconds{1});
  CHECK(spec->criteria.destination.p95 == seconds{2});
  CHECK(spec->criteria.destination.p999 == seconds{3});
  CHECK(spec->criteria.end_to_end.p99 == seconds{4});
  CHECK(spec->criteria.end_to_end.max == seconds{5});
  CHECK(spec->criteria.stream_timeout_percent == 0.5);
  CHECK(spec->criteria.max_lost_percent == 12.5);
  CHECK(spec->criteria.destination_memory == 8589934592.0);
  CHECK(spec->criteria.destination_memory_growth == 1e6);
  CHECK_FALSE(spec->criteria.invariants);
  CHECK(spec->convergence_deadline == seconds{30});
  CHECK(spec->deadline == std::chrono::hours{2});
  CHECK(spec->cleanup == Cleanup::kOnSuccess);
  CHECK(spec->stop);
}

TEST_CASE("What the schema lets through and we cannot read is named", "[load_test]") {
  const auto invalid = [](const char* spec) {
    return ParseLoadTest(json{{"metadata", {{"name", "a"}}}, {"spec", json::parse(spec)}}).invalid;
  };
  CHECK_THAT(invalid(R"({"churn":{"jitter":"999999999h"}})"), Catch::StartsWith("spec.churn.jitter: "));
  CHECK_THAT(invalid(R"({"criteria":{"streamTimeoutPercent":"many"}})"), Catch::Contains("streamTimeoutPercent"));
  CHECK_THAT(invalid(R"({"criteria":{"destinationMemory":"8GB"}})"),
             Catch::StartsWith("spec.criteria.destinationMemory: "));
  CHECK_THAT(invalid(R"({"client":{"maxLostPercent":"nan"}})"), Catch::StartsWith("spec.client.maxLostPercent: "));
  CHECK_THAT(invalid(R"({"client":{"maxLostPercent":"100.1"}})"), Catch::StartsWith("spec.client.maxLostPercent: "));
  CHECK_THAT(invalid(R"({"cleanup":"Sometimes"})"), Catch::StartsWith("spec.cleanup: "));
}

TEST_CASE("A status that is written reads back as it was", "[load_test]") {
  LoadTestStatus status;
  status.observed_generation = 3;
  status.phase = Phase::kFailed;
  status.verdict = "Fail";
  status.reason = "EndToEndP99";
  status.message = "too late";
  status.run_id = "abc";
  status.start_time = sample::kStart;
  status.running_time = sample::kStart + seconds{5};
  status.completion_time = sample::kStart + minutes{5};
  status.cycles = "2/3";
  status.churn = {"x-churn", "HoldMax", 2, 3, 40, 400, 100, 200, "42"};
  status.client = {10, 9, 900, 1000, 5000, 4990, 3, 7, 2, 1};
  status.kubernetes = {4, "1ms", "2ms", "3ms", "4ms", "5ms"};
  status.end_to_end = {5, "2ms", "3ms", "4ms", "5ms", "6ms"};
  status.violations = {{"total", 2}, {"converged", 2}};
  status.offences = {"stream 7 misses 10.0.0.1:8080"};
  status.criteria = {{"endToEnd.p99", "1s", "2s", "Fail"}, {"missing", "0", "3", "Fail"}};
  status.conditions = {{"Ready", Truth::kFalse, "EndToEndP99", "too late", 3, sample::kStart},
                       {"Succeeded", Truth::kUnknown, "Running", "", 2, sample::kStart}};
  CHECK(ParseStatus(json{{"status", StatusToJson(status)}}) == status);
  CHECK(ParseStatus(json{{"status", StatusToJson(LoadTestStatus{})}}) == LoadTestStatus{});
}

TEST_CASE("A status of unexpected types is read as far as it makes sense", "[load_test]") {
  const auto status = ParseStatus(json::parse(
      R"({"status":{"phase":"Dancing","client":[],"latency":{"endToEnd":"fast"},"conditions":{"a":1},
          "violations":{"total":"none"},"offences":[1],"startTime":"yesterday","churn":{"cycle":-4}}})"));
  CHECK(status == LoadTestStatus{});
}

}  // namespace
}  // namespace dst_load::op
