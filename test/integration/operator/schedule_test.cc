#include <catch2/catch.hpp>

#include "test/integration/operator/schedule_bed.h"

namespace dst_load::op::test {
namespace {

using nlohmann::json;

TEST_CASE("A schedule makes a LoadTest when it is due, and its status follows what becomes of it", "[schedule]") {
  ScheduleBed bed("schedule");
  bed.Create(R"({"workload":{"services":3}})");
  REQUIRE(bed.AwaitReady("Scheduled"));
  CHECK(bed.Tests().empty());
  bed.Clock().Advance(kDay);
  bed.Restart();  // whose clock was set looks again within minutes; a new leader at once
  REQUIRE(bed.AwaitTests(1));
  const json test = bed.Tests().at(0);
  CHECK(test.at("spec").at("workload").at("services") == 3);
  CHECK(test.at("metadata").at("labels").at("team") == "mesh");
  const std::string name = test.at("metadata").at("name");
  CHECK(Cluster::Await([&] { return bed.Status().active == std::vector<std::string>{name}; }));
  CHECK(bed.Status().last_schedule.has_value());
  bed.Finish(test, "Succeeded");
  CHECK(Cluster::Await([&] { return bed.Status().last_successful.has_value(); }));
  CHECK(bed.Status().active.empty());
  const std::string metrics = bed.Api().Metrics().Render();
  CHECK_THAT(metrics, Catch::Contains("controller_runtime_reconcile_errors_total{controller=\"loadtestschedule\"}"));
  CHECK_THAT(metrics, Catch::Contains("workqueue_depth{name=\"loadtestschedule\",controller=\"loadtestschedule\"} 0"));
  CHECK_THAT(metrics, !Catch::Contains("workqueue_adds_total{name=\"loadtestschedule\"} 0"));
}

TEST_CASE("A new leader makes no time's test again, and the next when the last has ended", "[schedule]") {
  ScheduleBed bed("schedule-leader");
  bed.Create("{}", {{"successfulRunsHistoryLimit", 1}});
  bed.Clock().Advance(kDay);
  bed.Restart();
  REQUIRE(bed.AwaitTests(1));
  REQUIRE(Cluster::Await([&] { return bed.Status().active.size() == 1; }));
  bed.Clock().Advance(kDay);
  bed.Restart();
  REQUIRE(bed.AwaitReady("PreviousActive"));
  CHECK(bed.Tests().size() == 1);
  const json first = bed.Tests().at(0);
  bed.Finish(first, "Succeeded");
  REQUIRE(bed.AwaitTests(2));
  for (const json& test : bed.Tests()) {
    if (test.at("metadata").at("name") != first.at("metadata").at("name")) bed.Finish(test, "Succeeded");
  }
  CHECK(bed.AwaitTests(1));
}

TEST_CASE("A test that loses its label is no longer the schedule's", "[schedule]") {
  ScheduleBed bed("schedule-label");
  bed.Create("{}");
  bed.Clock().Advance(kDay);
  bed.Restart();
  REQUIRE(bed.AwaitTests(1));
  REQUIRE(Cluster::Await([&] { return bed.Status().active.size() == 1; }));
  const std::string name = bed.Tests().at(0).at("metadata").at("name");
  REQUIRE(bed.Api().Api().MergePatch(kLoadTests, bed.Api().Namespace(), name,
                                     {{"metadata", {{"labels", {{std::string(kScheduleLabel), nullptr}}}}}}));
  CHECK(Cluster::Await([&] { return bed.Status().active.empty(); }));
}

TEST_CASE("Replace makes the next test when the one before and its workload are gone", "[schedule]") {
  ScheduleBed bed("schedule-replace");
  bed.Create("{}", {{"concurrencyPolicy", "Replace"}});
  bed.Clock().Advance(kDay);
  bed.Restart();
  REQUIRE(bed.AwaitTests(1));
  const std::string first = bed.Tests().at(0).at("metadata").at("name");
  // As the churn worker makes it; nothing collects garbage here.
  kube::Client& api = bed.Api().Api();
  const json labels = {{"dst-load.dev/test", first}, {"app.kubernetes.io/component", "workload"}};
  REQUIRE(api.Create(kube::kServices, bed.Api().Namespace(),
                     {{"metadata", {{"name", "test-service-1"}, {"labels", labels}}},
                      {"spec", {{"ports", json::array({{{"port", 8080}}})}}}}));
  bed.Clock().Advance(kDay);
  bed.Restart();
  REQUIRE(bed.AwaitTests(0));
  REQUIRE(Cluster::Await([&] {
    const auto conditions = bed.Status().conditions;
    return conditions.at(0).message.find("Services or Deployments of LoadTest " + first) != std::string::npos;
  }));
  CHECK(bed.Tests().empty());
  REQUIRE(api.Delete(kube::kServices, bed.Api().Namespace(), "test-service-1"));
  REQUIRE(bed.AwaitTests(1));
  CHECK(bed.Tests().at(0).at("metadata").at("name") != first);
}

TEST_CASE("A template that Kubernetes refuses is told, and made when it is mended", "[schedule]") {
  ScheduleBed bed("schedule-refused");
  bed.Create(R"({"client":{"replicas":0}})");
  bed.Clock().Advance(kDay);
  bed.Restart();
  REQUIRE(bed.AwaitReady("TemplateRefused"));
  const auto conditions = bed.Status().conditions;
  CHECK_THAT(conditions.at(0).message, Catch::Contains("spec.client.replicas"));
  CHECK(bed.Tests().empty());
  REQUIRE(bed.Api().Api().MergePatch(kSchedules, bed.Api().Namespace(), "s",
                                     {{"spec", {{"loadTestTemplate", {{"spec", {{"client", {{"replicas", 1}}}}}}}}}}));
  CHECK(bed.AwaitTests(1));
  CHECK(bed.AwaitReady("Scheduled"));
}

TEST_CASE("A time zone that does not exist is told", "[schedule]") {
  ScheduleBed bed("schedule-zone");
  bed.Create("{}", {{"timeZone", "Europe/Nowhere"}});
  CHECK(bed.AwaitReady("UnknownTimeZone"));
}

}  // namespace
}  // namespace dst_load::op::test
