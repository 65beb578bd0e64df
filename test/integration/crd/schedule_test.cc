#include "operator/schedule.h"

#include "test/integration/crd/manifests.h"

namespace dst_load::op::test {
namespace {

using nlohmann::json;

json ScheduleManifest(const std::string& name, const json& members) {
  json spec = {{"schedule", "@daily"}, {"loadTestTemplate", {{"spec", {{"workload", {{"services", 3}}}}}}}};
  spec.merge_patch(members);
  return {{"apiVersion", kSchedules.ApiVersion()},
          {"kind", kSchedules.kind},
          {"metadata", {{"name", name}}},
          {"spec", std::move(spec)}};
}

std::unique_ptr<kube::Client> ClientWithSchedules() {
  auto client = ClientWithCrd();
  REQUIRE(test_support::InstallSchedules(*client));
  return client;
}

/// Members of a spec that are taken, others that are refused, and what the refusal says.
struct Rule {
  const char* accepted;
  const char* refused;
  const char* says;
};

const Rule kRules[] = {
    {R"({"schedule":"30 2 * * mon-fri"})", R"({"schedule":"30 2 * *"})", "spec.schedule"},
    {R"({"schedule":"*/5 0,12 1-7 JAN *"})", R"({"schedule":"@often"})", "spec.schedule"},
    {R"({"schedule":"@hourly"})", R"({"schedule":null})", "spec.schedule: Required"},
    {R"({"timeZone":"America/Argentina/Buenos_Aires"})", R"({"timeZone":"../etc/passwd"})", "spec.timeZone"},
    {R"({"timeZone":"Etc/GMT+7"})", R"({"timeZone":"/Europe/Berlin"})", "spec.timeZone"},
    {R"({"concurrencyPolicy":"Replace"})", R"({"concurrencyPolicy":"Wait"})", "spec.concurrencyPolicy"},
    {R"({"startingDeadlineSeconds":10})", R"({"startingDeadlineSeconds":9})", "spec.startingDeadlineSeconds"},
    {R"({"successfulRunsHistoryLimit":0})", R"({"successfulRunsHistoryLimit":-1})", "spec.successfulRunsHistoryLimit"},
    {R"({"failedRunsHistoryLimit":0})", R"({"failedRunsHistoryLimit":-1})", "spec.failedRunsHistoryLimit"},
    {R"({"suspend":true})", R"({"suspend":"yes"})", "spec.suspend"},
    {R"({"loadTestTemplate":{"metadata":{"labels":{"a":"b"}}}})",
     R"({"loadTestTemplate":{"metadata":{"labels":{"dst-load.dev/run":"b"}}}})", "are the operator's"},
    {R"({"loadTestTemplate":{"spec":{}}})", R"({"loadTestTemplate":null})", "spec.loadTestTemplate: Required"},
    {R"({"loadTestTemplate":{"spec":{"stop":true}}})", R"({"loadTestTemplate":{"spec":null}})",
     "spec.loadTestTemplate.spec: Required"},
};

TEST_CASE("Every rule of a LoadTestSchedule accepts what it should and names the field of what it refuses", "[crd]") {
  const auto client = ClientWithSchedules();
  for (const Rule& rule : kRules) {
    INFO("accepted " << rule.accepted << ", refused " << rule.refused);
    const auto accepted =
        client->Create(kSchedules, "default", ScheduleManifest(FreshName(), json::parse(rule.accepted)));
    INFO((accepted ? "" : accepted.error().message));
    CHECK(accepted);
    const auto refused =
        client->Create(kSchedules, "default", ScheduleManifest(FreshName(), json::parse(rule.refused)));
    REQUIRE_FALSE(refused);
    CHECK(IsInvalid(refused.error()));
    CHECK_THAT(refused.error().message, Catch::Contains(rule.says));
  }
}

TEST_CASE("A schedule's defaults are those that the operator assumes, and its template is kept as it is", "[crd]") {
  const auto client = ClientWithSchedules();
  const auto created = client->Create(kSchedules, "default", ScheduleManifest(FreshName(), json::object()));
  REQUIRE(created);
  CHECK(created->at("spec").at("loadTestTemplate") == json{{"spec", {{"workload", {{"services", 3}}}}}});
  const ScheduleSpec filled = ParseSchedule(*created).spec, bare = ParseSchedule(json::object()).spec;
  CHECK(filled.concurrency == bare.concurrency);
  CHECK(filled.successful_history == bare.successful_history);
  CHECK(filled.failed_history == bare.failed_history);
  CHECK(filled.suspend == bare.suspend);
  CHECK_FALSE(filled.starting_deadline.has_value());
}

TEST_CASE("A schedule's name leaves room for those of its LoadTests", "[crd]") {
  const auto client = ClientWithSchedules();
  CHECK(client->Create(kSchedules, "default", ScheduleManifest(std::string(42, 'a'), json::object())));
  const auto refused = client->Create(kSchedules, "default", ScheduleManifest(std::string(43, 'a'), json::object()));
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Catch::Contains("metadata.name must be at most 42"));
}

TEST_CASE("The server keeps every field of a schedule's status", "[crd]") {
  const auto client = ClientWithSchedules();
  const std::string name = FreshName();
  REQUIRE(client->Create(kSchedules, "default", ScheduleManifest(name, json::object())));
  ScheduleStatus status;
  status.observed_generation = 1;
  status.active = {name + "-1"};
  status.last_schedule = status.last_successful = status.next_schedule = WallTime{std::chrono::seconds{1'800'000'000}};
  status.conditions = {{"Ready", Truth::kTrue, "Scheduled", "m", 1, *status.next_schedule}};
  const auto patched = client->MergePatch(kSchedules, "default", name, {{"status", StatusToJson(status)}}, "status");
  REQUIRE(patched);
  CHECK(ParseSchedule(*patched).status == status);
}

}  // namespace
}  // namespace dst_load::op::test
