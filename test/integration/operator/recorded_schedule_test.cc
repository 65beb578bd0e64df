#include <catch2/catch.hpp>

#include "test/integration/operator/recorded.h"
#include "test/integration/operator/schedule_bed.h"

namespace dst_load::op::test {
namespace {

void CheckRecorded(ScheduleBed& bed, const std::string& name) {
  test::CheckRecorded("schedule-" + name, [&] { return bed.Api().Object(kSchedules, "s"); });
}

void Suspend(ScheduleBed& bed) {
  REQUIRE(bed.Api().Api().MergePatch(kSchedules, bed.Api().Namespace(), "s", {{"spec", {{"suspend", true}}}}));
}

TEST_CASE("Recorded: a LoadTestSchedule from the first sight of it to its second time", "[recorded]") {
  ScheduleBed bed("recorded-schedule");
  bed.Stop();
  bed.Create("{}");
  CheckRecorded(bed, "new");
  bed.Restart();
  REQUIRE(bed.AwaitReady("Scheduled"));
  CheckRecorded(bed, "scheduled");
  bed.Clock().Advance(kDay);
  bed.Restart();
  REQUIRE(bed.AwaitTests(1));
  REQUIRE(Cluster::Await([&] { return bed.Status().active.size() == 1; }));
  bed.Clock().Advance(kDay);
  bed.Restart();
  REQUIRE(bed.AwaitReady("PreviousActive"));
  CheckRecorded(bed, "waiting");
  bed.Stop();
  Suspend(bed);
  CheckRecorded(bed, "unobserved");
  bed.Restart();
  REQUIRE(bed.AwaitReady("Suspended"));
  CheckRecorded(bed, "suspended");
}

TEST_CASE("Recorded: a LoadTestSchedule whose tests Kubernetes refuses", "[recorded]") {
  ScheduleBed bed("recorded-schedule-refused");
  bed.Create(R"({"client":{"replicas":0}})");
  bed.Clock().Advance(kDay);
  bed.Restart();
  REQUIRE(bed.AwaitReady("TemplateRefused"));
  CheckRecorded(bed, "refused");
}

TEST_CASE("Recorded: a LoadTestSchedule that nobody understands", "[recorded]") {
  ScheduleBed bed("recorded-schedule-zone");
  bed.Create("{}", {{"timeZone", "Europe/Nowhere"}});
  REQUIRE(bed.AwaitReady("UnknownTimeZone"));
  CheckRecorded(bed, "invalid");
}

}  // namespace
}  // namespace dst_load::op::test
