#include "test/integration/crd/manifests.h"

namespace dst_load::op::test {
namespace {

/// A change of the spec and the field that a refusal names; nullptr: allowed at any time.
struct Change {
  const char* patch;
  const char* refused_field;
};

const Change kChanges[] = {
    {R"({"destination":{"address":"other:1"}})", "spec.destination"},
    {R"({"destination":{"contextNodes":5}})", "spec.destination"},
    {R"({"workload":{"services":11}})", "spec.workload"},
    {R"({"churn":{"seed":7}})", "spec.churn"},
    {R"({"churn":{"duration":"7m"}})", "spec.churn"},
    {R"({"client":{"streamsPerService":11}})", "spec.client.streamsPerService"},
    {R"({"client":{"streamsPerConnection":11}})", "spec.client.streamsPerConnection"},
    {R"({"client":{"rampUp":"11s"}})", "spec.client.rampUp"},
    {R"({"client":{"streamMaxLifetime":"11s"}})", "spec.client.streamMaxLifetime"},
    {R"({"client":{"streamResetInterval":"11s"}})", "spec.client.streamResetInterval"},
    {R"({"client":{"slowReaders":{"percent":11}}})", "spec.client.slowReaders"},
    {R"({"client":{"maxLostPercent":"11"}})", "spec.client.maxLostPercent"},
    {R"({"criteria":{"endToEnd":{"p99":"1s"}}})", "spec.criteria"},
    {R"({"abortOnBreach":true})", "spec.abortOnBreach"},
    {R"({"convergenceDeadline":"11s"})", "spec.convergenceDeadline"},
    {R"({"startupDeadline":"11m"})", "spec.startupDeadline"},
    {R"({"deadline":"11h"})", "spec.deadline"},
    {R"({"cleanup":"Never"})", "spec.cleanup"},
    {R"({"client":{"replicas":11}})", nullptr},
    {R"({"ttlAfterFinished":"11h"})", nullptr},
    {R"({"stop":true})", nullptr},
    {R"({"suspend":true})", nullptr},
};

nlohmann::json SpecPatch(const Change& change) { return {{"spec", nlohmann::json::parse(change.patch)}}; }

TEST_CASE("Everything can change until the test has started, and once it is over", "[crd]") {
  const auto client = ClientWithCrd();
  for (const char* phase : {"", "Pending", "Succeeded", "Failed", "Stopped"}) {
    const std::string name = FreshName();
    REQUIRE(client->Create(kLoadTests, "default", Manifest(name, "{}")));
    if (*phase != '\0') {
      REQUIRE(client->MergePatch(kLoadTests, "default", name, {{"status", {{"phase", phase}}}}, "status"));
    }
    for (const Change& change : kChanges) {
      INFO(change.patch);
      CHECK(client->MergePatch(kLoadTests, "default", name, SpecPatch(change)));
    }
  }
}

TEST_CASE("While the test runs only stop, suspend, ttlAfterFinished and replicas can change", "[crd]") {
  const auto client = ClientWithCrd();
  for (const char* phase : {"Starting", "Running", "Draining"}) {
    const std::string name = FreshName();
    REQUIRE(client->Create(kLoadTests, "default", Manifest(name, "{}")));
    REQUIRE(client->MergePatch(kLoadTests, "default", name, {{"status", {{"phase", phase}}}}, "status"));
    for (const Change& change : kChanges) {
      INFO(phase << ": " << change.patch);
      const auto done = client->MergePatch(kLoadTests, "default", name, SpecPatch(change));
      if (change.refused_field == nullptr) {
        CHECK(done);
        continue;
      }
      REQUIRE_FALSE(done);
      CHECK(IsInvalid(done.error()));
      CHECK_THAT(done.error().message,
                 Catch::Contains(std::string(change.refused_field) + " is immutable while the test runs"));
    }
  }
}

TEST_CASE("An optional field that was given can neither change nor go while the test runs", "[crd]") {
  const auto client = ClientWithCrd();
  const std::string name = FreshName();
  REQUIRE(client->Create(kLoadTests, "default",
                         Manifest(name, R"({"deadline":"1h","client":{"streamMaxLifetime":"5m"}})")));
  REQUIRE(client->MergePatch(kLoadTests, "default", name, {{"status", {{"phase", "Running"}}}}, "status"));
  const auto refused = [&](const char* patch) {
    return !client->MergePatch(kLoadTests, "default", name, {{"spec", nlohmann::json::parse(patch)}});
  };
  CHECK(refused(R"({"deadline":"2h"})"));
  CHECK(refused(R"({"deadline":null})"));
  CHECK(refused(R"({"client":{"streamMaxLifetime":"6m"}})"));
  CHECK(refused(R"({"client":{"streamMaxLifetime":null}})"));
  CHECK(client->MergePatch(kLoadTests, "default", name, {{"metadata", {{"labels", {{"a", "b"}}}}}}));
}

}  // namespace
}  // namespace dst_load::op::test
