#pragma once

#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "operator/load_test_watch.h"
#include "operator/schedule.h"
#include "operator/schedule_controller.h"
#include "test/integration/crd/install.h"
#include "test/integration/operator/cluster.h"
#include "test/integration/operator/later_clock.h"

namespace dst_load::op::test {

inline constexpr Micros kDay = std::chrono::hours{24};

/// A namespace where only schedules are worked on: no LoadTest that they make is taken up.
class ScheduleBed {
 public:
  explicit ScheduleBed(const std::string& ns) : cluster_(ns) {
    cluster_.StopController();
    REQUIRE(test_support::InstallSchedules(cluster_.Api()));
    Restart();
  }
  /// Like the end of the operator's process.
  void Stop() {
    controller_.reset();
    tests_.reset();
  }
  void Restart() {
    Stop();
    tests_ = std::make_unique<LoadTestWatch>(cluster_.Api(), cluster_.Namespace(), clock_);
    controller_ =
        ScheduleController::Start(cluster_.Api(), *tests_, {cluster_.Namespace()}, nullptr, cluster_.Metrics(), clock_);
  }
  /// Creates schedule "s", due once a day.
  void Create(const std::string& test_spec, nlohmann::json more = nlohmann::json::object()) {
    more["schedule"] = "0 0 * * *";
    more["loadTestTemplate"] = {{"metadata", {{"labels", {{"team", "mesh"}}}}},
                                {"spec", nlohmann::json::parse(test_spec)}};
    const auto created = cluster_.Api().Create(kSchedules, cluster_.Namespace(),
                                               {{"apiVersion", kSchedules.ApiVersion()},
                                                {"kind", kSchedules.kind},
                                                {"metadata", {{"name", "s"}}},
                                                {"spec", std::move(more)}});
    INFO((created ? "" : created.error().message));
    REQUIRE(created);
  }
  std::vector<nlohmann::json> Tests() {
    return cluster_.Api().List(kLoadTests, cluster_.Namespace(), kScheduleLabel).value().items;
  }
  bool AwaitTests(std::size_t count) {
    return Cluster::Await([&] { return Tests().size() == count; });
  }
  ScheduleStatus Status() { return ParseSchedule(cluster_.Object(kSchedules, "s")).status; }
  std::string Ready() {
    for (const Condition& each : Status().conditions) {
      if (each.type == "Ready") return each.reason;
    }
    return "";
  }
  bool AwaitReady(const std::string& reason) {
    return Cluster::Await([&] { return Ready() == reason; });
  }
  void Finish(const nlohmann::json& test, const char* phase) {
    cluster_.PatchStatus(kLoadTests, test.at("metadata").at("name"),
                         nlohmann::json{{"phase", phase}, {"completionTime", "2026-05-01T10:00:00Z"}}.dump());
  }
  Cluster& Api() { return cluster_; }
  LaterClock& Clock() { return clock_; }

 private:
  Cluster cluster_;
  LaterClock clock_{Micros{0}};
  std::unique_ptr<LoadTestWatch> tests_;
  std::unique_ptr<ScheduleController> controller_;
};

}  // namespace dst_load::op::test
