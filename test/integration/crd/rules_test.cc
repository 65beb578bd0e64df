#include "test/integration/crd/manifests.h"

namespace dst_load::op::test {
namespace {

/// One rule: a spec that it lets pass, one that it refuses, and what the refusal says.
struct Rule {
  const char* accepted;
  const char* refused;
  const char* says;
};

const Rule kRules[] = {
    // Ranges, formats and enumerations
    {R"({"destination":{"address":"10.0.0.1:8086"}})", R"({"destination":{"address":"nowhere"}})",
     "spec.destination.address"},
    {R"({"destination":{"address":"[fd00::1]:65535"}})", R"({"destination":{"address":"a:65536"}})",
     "port from 1 to 65535"},
    {R"({"destination":{"address":"a.b:1"}})", R"({"destination":{"address":"a.b:0"}})", "port from 1 to 65535"},
    {R"({"destination":{"contextNodes":0}})", R"({"destination":{"contextNodes":-1}})",
     "spec.destination.contextNodes"},
    {R"({"destination":{"metricsURL":"http://a.b:9996/metrics"}})",
     R"({"destination":{"metricsURL":"https://a.b:9996/metrics"}})", "spec.destination.metricsURL"},
    {R"({"destination":{"metricsURL":"http://[fd00::1]:65535/a%20b"}})",
     R"({"destination":{"metricsURL":"http://a:65536/metrics"}})", "port from 1 to 65535"},
    {R"({"destination":{"metricsURL":"http://a"}})", R"({"destination":{"metricsURL":"http://a:0/"}})",
     "port from 1 to 65535"},
    {R"({"destination":{"metricsURL":"http://a/b:0/"}})", R"({"destination":{"metricsURL":"http://a/b?c"}})",
     "spec.destination.metricsURL"},
    {R"({"workload":{"services":1}})", R"({"workload":{"services":0}})", "spec.workload.services"},
    {R"({"workload":{"services":10000}})", R"({"workload":{"services":10001}})", "spec.workload.services"},
    {R"({"workload":{"namePrefix":"a-b1"}})", R"({"workload":{"namePrefix":"1a"}})", "spec.workload.namePrefix"},
    {R"({"churn":{"pattern":"stable"}})", R"({"churn":{"pattern":"wild"}})", "spec.churn.pattern"},
    {R"({"churn":{"minEndpoints":0}})", R"({"churn":{"minEndpoints":-1}})", "spec.churn.minEndpoints"},
    {R"({"churn":{"maxEndpoints":1}})", R"({"churn":{"maxEndpoints":0}})", "spec.churn.maxEndpoints"},
    {R"({"churn":{"endpointsPerService":0}})", R"({"churn":{"endpointsPerService":-1}})",
     "spec.churn.endpointsPerService"},
    {R"({"churn":{"minHold":"1m30s"}})", R"({"churn":{"minHold":"90"}})", "spec.churn.minHold"},
    {R"({"churn":{"maxHold":"1.5h"}})", R"({"churn":{"maxHold":"-5m"}})", "spec.churn.maxHold"},
    {R"({"churn":{"jitter":"0s"}})", R"({"churn":{"jitter":"5 s"}})", "spec.churn.jitter"},
    {R"({"churn":{"duration":"15m"}})", R"({"churn":{"duration":"soon"}})", "spec.churn.duration"},
    {R"({"churn":{"pattern":"oscillate","cycles":1}})", R"({"churn":{"pattern":"oscillate","cycles":0}})",
     "spec.churn.cycles"},
    {R"({"churn":{"seed":0}})", R"({"churn":{"seed":-1}})", "spec.churn.seed"},
    {R"({"client":{"replicas":5000}})", R"({"client":{"replicas":0}})", "spec.client.replicas"},
    {R"({"client":{"streamsPerService":1}})", R"({"client":{"streamsPerService":0}})", "spec.client.streamsPerService"},
    {R"({"client":{"streamsPerConnection":1}})", R"({"client":{"streamsPerConnection":0}})",
     "spec.client.streamsPerConnection"},
    {R"({"client":{"slowReaders":{"percent":50}}})", R"({"client":{"slowReaders":{"percent":51}}})",
     "spec.client.slowReaders.percent"},
    {R"({"client":{"slowReaders":{"percent":5},"streamsPerService":2}})",
     R"({"client":{"slowReaders":{"percent":5},"streamsPerService":1}})", "streamsPerService of 2 or more"},
    {R"({"client":{"slowReaders":{"readDelay":"10ms"}}})", R"({"client":{"slowReaders":{"readDelay":"0s"}}})",
     "longer than 0s"},
    {R"({"client":{"slowReaders":{"readDelay":"1m"}}})", R"({"client":{"slowReaders":{"readDelay":"slow"}}})",
     "spec.client.slowReaders.readDelay"},
    {R"({"client":{"rampUp":"0"}})", R"({"client":{"rampUp":"fast"}})", "spec.client.rampUp"},
    {R"({"criteria":{"endToEnd":{"p99":"500ms"}}})", R"({"criteria":{"endToEnd":{"p99":"500"}}})",
     "spec.criteria.endToEnd.p99"},
    {R"({"criteria":{"destination":{"max":"10us"}}})", R"({"criteria":{"destination":{"max":""}}})",
     "spec.criteria.destination.max"},
    {R"({"criteria":{"kubernetes":{"p999":"1s"}}})", R"({"criteria":{"kubernetes":{"p999":"1d"}}})",
     "spec.criteria.kubernetes.p999"},
    {R"({"criteria":{"streamTimeoutPercent":"0.5"}})", R"({"criteria":{"streamTimeoutPercent":"101"}})",
     "spec.criteria.streamTimeoutPercent"},
    {R"({"criteria":{"streamTimeoutPercent":"100"}})", R"({"criteria":{"streamTimeoutPercent":"-1"}})",
     "spec.criteria.streamTimeoutPercent"},
    {R"({"client":{"maxLostPercent":"0"}})", R"({"client":{"maxLostPercent":"100.5"}})", "spec.client.maxLostPercent"},
    {R"({"client":{"maxLostPercent":"12.5"}})", R"({"client":{"maxLostPercent":12.5}})", "spec.client.maxLostPercent"},
    {R"({"destination":{"metricsURL":"http://a"},"criteria":{"destinationMemory":"8Gi"}})",
     R"({"destination":{"metricsURL":"http://a"},"criteria":{"destinationMemory":"8 Gi"}})",
     "spec.criteria.destinationMemory"},
    {R"({"destination":{"metricsURL":"http://a"},"criteria":{"destinationMemory":1000000000}})",
     R"({"destination":{"metricsURL":"http://a"},"criteria":{"destinationMemory":-1}})",
     "spec.criteria.destinationMemory"},
    {R"({"destination":{"metricsURL":"http://a"},"criteria":{"destinationMemoryGrowth":"1.5G"}})",
     R"({"destination":{"metricsURL":"http://a"},"criteria":{"destinationMemoryGrowth":"-1Gi"}})",
     "spec.criteria.destinationMemoryGrowth"},
    {R"({"destination":{"metricsURL":"http://a"},"criteria":{"destinationMemoryGrowth":0}})",
     R"({"destination":{"metricsURL":"http://a"},"criteria":{"destinationMemoryGrowth":true}})",
     "spec.criteria.destinationMemoryGrowth"},
    {R"({"criteria":{"invariants":false}})", R"({"criteria":{"invariants":"no"}})", "spec.criteria.invariants"},
    {R"({"cleanup":"OnSuccess"})", R"({"cleanup":"Sometimes"})", "spec.cleanup"},
    {R"({"ttlAfterFinished":"1h"})", R"({"ttlAfterFinished":"later"})", "spec.ttlAfterFinished"},
    {R"({"stop":true})", R"({"stop":"yes"})", "spec.stop"},
    {R"({"suspend":true})", R"({"suspend":"yes"})", "spec.suspend"},
    // CEL
    {R"({"churn":{"pattern":"oscillate","minEndpoints":10,"maxEndpoints":10}})",
     R"({"churn":{"pattern":"oscillate","minEndpoints":11,"maxEndpoints":10}})",
     "spec.churn.minEndpoints must not be greater than spec.churn.maxEndpoints"},
    {R"({"destination":{"metricsURL":"http://a"},"criteria":{"destinationMemory":"1Gi"}})",
     R"({"criteria":{"destinationMemory":"1Gi"}})", "need spec.destination.metricsURL"},
    {R"({"destination":{"metricsURL":"http://a"},"criteria":{"destinationMemoryGrowth":"1Gi"}})",
     R"({"criteria":{"destinationMemoryGrowth":"1Gi"}})", "need spec.destination.metricsURL"},
    {R"({"churn":{"minEndpoints":11,"maxEndpoints":10}})", R"({"churn":{"pattern":"oscillate","minEndpoints":300}})",
     "spec.churn.minEndpoints must not be greater than spec.churn.maxEndpoints"},
    {R"({"churn":{"pattern":"oscillate","jitter":"3s","minHold":"3s","maxHold":"4s"}})",
     R"({"churn":{"pattern":"oscillate","jitter":"5s","minHold":"3s"}})",
     "spec.churn.jitter must not be longer than spec.churn.minHold or spec.churn.maxHold"},
    {R"({"churn":{"pattern":"oscillate","minHold":"3s","maxHold":"3s"}})",
     R"({"churn":{"pattern":"oscillate","jitter":"5s","maxHold":"3s"}})",
     "spec.churn.jitter must not be longer than spec.churn.minHold or spec.churn.maxHold"},
    {R"({"churn":{"pattern":"oscillate","cycles":3}})", R"({"churn":{"cycles":3}})",
     "spec.churn.cycles needs spec.churn.pattern oscillate"},
    {R"({"churn":{"endpointsPerService":30}})", R"({"churn":{"pattern":"oscillate","endpointsPerService":30}})",
     "spec.churn.endpointsPerService needs spec.churn.pattern stable"},
    {R"({"churn":{"minHold":"1ms"}})", R"({"churn":{"minHold":"0s"}})", "spec.churn.minHold must be longer than 0s"},
    {R"({"churn":{"maxHold":"1ms"}})", R"({"churn":{"maxHold":"0"}})", "spec.churn.maxHold must be longer than 0s"},
    {R"({"churn":{"duration":"1s"}})", R"({"churn":{"duration":"0s"}})", "spec.churn.duration must be longer than 0s"},
    {R"({"client":{"streamMaxLifetime":"5m"}})", R"({"client":{"streamMaxLifetime":"0s"}})",
     "spec.client.streamMaxLifetime must be longer than 0s"},
    {R"({"client":{"streamResetInterval":"10m"}})", R"({"client":{"streamResetInterval":"0s"}})",
     "spec.client.streamResetInterval must be longer than 0s"},
    {R"({"convergenceDeadline":"1s"})", R"({"convergenceDeadline":"0s"})",
     "spec.convergenceDeadline must be longer than 0s"},
    {R"({"startupDeadline":"1s"})", R"({"startupDeadline":"0s"})", "spec.startupDeadline must be longer than 0s"},
    {R"({"deadline":"1s"})", R"({"deadline":"0s"})", "spec.deadline must be longer than 0s"},
    {R"({"ttlAfterFinished":"0s"})", R"({"ttlAfterFinished":"-1s"})", "spec.ttlAfterFinished"},
    {R"({"ttlAfterFinished":"0"})", R"({"ttlAfterFinished":"999999999h"})", "spec.ttlAfterFinished"},
    {R"({"workload":{"services":100},"client":{"streamsPerService":10000}})",
     R"({"workload":{"services":101},"client":{"streamsPerService":10000}})",
     "spec.client.streamsPerService times spec.workload.services must not exceed 1000000 streams a Pod"},
};

TEST_CASE("Every rule of the CRD accepts what it should and names the field of what it refuses", "[crd]") {
  const auto client = ClientWithCrd();
  for (const Rule& rule : kRules) {
    INFO("accepted " << rule.accepted << ", refused " << rule.refused);
    const auto accepted = client->Create(kLoadTests, "default", Manifest(FreshName(), rule.accepted));
    INFO((accepted ? "" : accepted.error().message));
    CHECK(accepted);
    const auto refused = client->Create(kLoadTests, "default", Manifest(FreshName(), rule.refused));
    REQUIRE_FALSE(refused);
    CHECK(IsInvalid(refused.error()));
    CHECK_THAT(refused.error().message, Catch::Contains(rule.says));
  }
}

TEST_CASE("A name that is too long for the names of Pods, or holds dots, is refused", "[crd]") {
  const auto client = ClientWithCrd();
  CHECK(client->Create(kLoadTests, "default", Manifest(std::string(52, 'a'), "{}")));
  for (const std::string& name : {std::string(53, 'a'), std::string("a.b")}) {
    const auto refused = client->Create(kLoadTests, "default", Manifest(name, "{}"));
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, Catch::Contains("metadata.name must be at most 52"));
  }
}

TEST_CASE("A LoadTest without a spec is refused", "[crd]") {
  const auto client = ClientWithCrd();
  auto manifest = Manifest(FreshName(), "{}");
  manifest.erase("spec");
  const auto refused = client->Create(kLoadTests, "default", manifest);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Catch::Contains("spec: Required value"));
}

}  // namespace
}  // namespace dst_load::op::test
