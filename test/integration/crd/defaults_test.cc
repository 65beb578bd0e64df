#include "test/integration/crd/manifests.h"

namespace dst_load::op::test {
namespace {

using nlohmann::json;

TEST_CASE("The server fills in every default", "[crd]") {
  const auto client = ClientWithCrd();
  const auto created = client->Create(kLoadTests, "default", Manifest(FreshName(), "{}"));
  REQUIRE(created);
  CHECK(created->at("spec") == json::parse(R"({
    "destination":{"address":"linkerd-destination.linkerd.svc.cluster.local:8086","contextNodes":0},
    "workload":{"services":10,"namePrefix":"test-service"},
    "churn":{"pattern":"stable","minEndpoints":10,"maxEndpoints":200,"minHold":"2m","maxHold":"5m"},
    "client":{"replicas":10,"streamsPerService":10,"streamsPerConnection":100,"rampUp":"0s","slowReaders":{"percent":0,"readDelay":"1s"},"maxLostPercent":"10"},
    "criteria":{"invariants":true},
    "convergenceDeadline":"60s","startupDeadline":"5m","abortOnBreach":false,"cleanup":"Always","stop":false,"suspend":false})"));
}

TEST_CASE("A default gives way to what is given", "[crd]") {
  const auto client = ClientWithCrd();
  const char* given = R"({
    "destination":{"address":"a:1","metricsURL":"http://a:2/metrics","contextNodes":2},
    "workload":{"services":3,"namePrefix":"x"},
    "churn":{"pattern":"oscillate","minEndpoints":1,"maxEndpoints":2,"minHold":"1s","maxHold":"2s","jitter":"1s","cycles":4,"duration":"5m","seed":6},
    "client":{"replicas":7,"streamsPerService":8,"streamsPerConnection":9,"rampUp":"10s","streamMaxLifetime":"11m","streamResetInterval":"12m","slowReaders":{"percent":5,"readDelay":"2s"},"maxLostPercent":"12.5"},
    "criteria":{"invariants":false,"streamTimeoutPercent":"1.5","destinationMemory":"8Gi","destinationMemoryGrowth":2000000,"endToEnd":{"p50":"1s","p95":"2s","p99":"3s","p999":"4s","max":"5s"}},
    "convergenceDeadline":"30s","startupDeadline":"1m","deadline":"1h","abortOnBreach":true,"cleanup":"Never","ttlAfterFinished":"3h","stop":true,"suspend":true})";
  const auto created = client->Create(kLoadTests, "default", Manifest(FreshName(), given));
  REQUIRE(created);
  CHECK(created->at("spec") == json::parse(given));
}

TEST_CASE("What the server defaults is what the operator assumes for what is absent", "[crd]") {
  const auto client = ClientWithCrd();
  const auto created = client->Create(kLoadTests, "default", Manifest(FreshName(), "{}"));
  REQUIRE(created);
  const auto filled = ParseSpec(*created);
  const auto bare = ParseSpec(json{{"spec", json::object()}});
  REQUIRE(filled);
  REQUIRE(bare);
  CHECK(filled->destination == bare->destination);
  CHECK(filled->services == bare->services);
  CHECK(filled->name_prefix == bare->name_prefix);
  CHECK(filled->churn.oscillate == bare->churn.oscillate);
  CHECK(filled->churn.min_endpoints == bare->churn.min_endpoints);
  CHECK(filled->churn.max_endpoints == bare->churn.max_endpoints);
  CHECK(filled->churn.min_hold == bare->churn.min_hold);
  CHECK(filled->churn.max_hold == bare->churn.max_hold);
  CHECK(filled->churn.jitter == bare->churn.jitter);
  CHECK(filled->Streams() == bare->Streams());
  CHECK(filled->client.streams_per_connection == bare->client.streams_per_connection);
  CHECK(filled->client.ramp_up == bare->client.ramp_up);
  CHECK(filled->criteria.invariants == bare->criteria.invariants);
  CHECK(filled->criteria.max_lost_percent == bare->criteria.max_lost_percent);
  CHECK(filled->convergence_deadline == bare->convergence_deadline);
  CHECK(filled->startup_deadline == bare->startup_deadline);
  CHECK(filled->cleanup == bare->cleanup);
  CHECK(filled->ttl_after_finished == bare->ttl_after_finished);
  CHECK(filled->client.slow_percent == bare->client.slow_percent);
  CHECK(filled->client.slow_read_delay == bare->client.slow_read_delay);
  CHECK(filled->abort_on_breach == bare->abort_on_breach);
  CHECK(filled->stop == bare->stop);
  CHECK(filled->suspend == bare->suspend);
}

TEST_CASE("The server keeps every field of a status that the operator writes", "[crd]") {
  const auto client = ClientWithCrd();
  const std::string name = FreshName();
  REQUIRE(client->Create(kLoadTests, "default", Manifest(name, "{}")));
  LoadTestStatus status;
  status.observed_generation = 1;
  status.phase = Phase::kFailed;
  status.verdict = "Fail";
  status.reason = "EndToEndP99";
  status.message = "too late";
  status.run_id = "abc";
  status.rerun_token = "again";
  status.start_time = status.running_time = status.completion_time = status.children_deleted_time =
      WallTime{std::chrono::seconds{1'800'000'000}};
  status.cycles = "2/3";
  status.churn = {name + "-churn", "HoldMax", 2, 3, 40, 400, 100, 200, "18446744073709551615"};
  status.client = {10, 9, 900, 1000, 5000, 4990, 3, 7, 2, 1, 4, 6, 5};
  status.report_config_map = name + "-abc-report";
  status.kubernetes = status.destination = status.end_to_end =
      status.convergence = {4, "1ms", "2ms", "3ms", "4ms", "5ms"};
  status.violations = {{"total", 2}, {"converged", 2}};
  status.offences = {"stream 7 misses 10.0.0.1:8080"};
  status.criteria = {{"endToEnd.p99", "1s", "2s", "Fail"}};
  status.conditions = {{"Ready", Truth::kFalse, "EndToEndP99", "too late", 1, *status.start_time}};
  status.history = {
      {"abb", "Pass", "CriteriaMet", status.start_time, status.completion_time, "1s", "9ms", "abb-report"},
      {"aba", "", "", {}, {}, "", "", ""}};
  const auto patched = client->MergePatch(kLoadTests, "default", name, {{"status", StatusToJson(status)}}, "status");
  REQUIRE(patched);
  CHECK(ParseStatus(*patched) == status);
  SECTION("and drops what it withdraws") {
    LoadTestStatus less = status;
    less.verdict.clear();
    less.completion_time.reset();
    less.criteria.clear();
    less.offences.clear();
    const auto again = client->MergePatch(kLoadTests, "default", name, {{"status", StatusToJson(less)}}, "status");
    REQUIRE(again);
    CHECK(ParseStatus(*again) == less);
  }
}

}  // namespace
}  // namespace dst_load::op::test
