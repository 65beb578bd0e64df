#include "operator/metrics.h"

#include <sstream>

#include <fmt/format.h>
#include <prometheus/registry.h>
#include <catch2/catch.hpp>

namespace dst_load::op {
namespace {

using namespace std::chrono_literals;

/// The value of a series, as it is named on the page; nullopt when it is not there.
std::optional<double> ValueOf(const std::string& page, const std::string& series) {
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(series + " ")) return std::stod(line.substr(series.size() + 1));
  }
  return std::nullopt;
}

std::string Labelled(const char* name, const char* label, const char* value) {
  return fmt::format("{}{{{}=\"{}\"}}", name, label, value);
}

TEST_CASE("Every series of controller-runtime and of ours is there from the start, at zero", "[metrics]") {
  prometheus::Registry registry;
  const OperatorMetrics metrics(registry);
  const std::string page = metrics.Render();
  std::vector<std::string> wanted{"leader_election_master_status{name=\"dst-load-operator\"}",
                                  "dst_load_coordinator_attached_total"};
  for (const char* controller : {"loadtest", "loadtestschedule"}) {
    for (const char* result : {"success", "error", "requeue", "requeue_after"}) {
      wanted.push_back(
          fmt::format("controller_runtime_reconcile_total{{controller=\"{}\",result=\"{}\"}}", controller, result));
    }
    for (const char* name :
         {"controller_runtime_reconcile_errors_total", "controller_runtime_terminal_reconcile_errors_total",
          "controller_runtime_reconcile_panics_total", "controller_runtime_reconcile_time_seconds_count",
          "controller_runtime_max_concurrent_reconciles", "controller_runtime_active_workers"}) {
      wanted.push_back(Labelled(name, "controller", controller));
    }
    for (const char* name : {"workqueue_depth", "workqueue_adds_total", "workqueue_retries_total",
                             "workqueue_queue_duration_seconds_count", "workqueue_work_duration_seconds_count",
                             "workqueue_unfinished_work_seconds", "workqueue_longest_running_processor_seconds"}) {
      wanted.push_back(fmt::format("{}{{name=\"{}\",controller=\"{}\"}}", name, controller, controller));
    }
  }
  for (const Phase phase : kPhases) {
    wanted.push_back(Labelled("dst_load_tests", "phase", std::string(PhaseName(phase)).c_str()));
  }
  for (const char* verdict : {"Pass", "Fail", "Inconclusive"}) {
    wanted.push_back(Labelled("dst_load_verdicts_total", "verdict", verdict));
  }
  for (const char* reason : {"token", "run", "malformed", "oversized", "flood"}) {
    wanted.push_back(Labelled("dst_load_coordinator_refused_total", "reason", reason));
  }
  for (const auto& series : wanted) {
    INFO(series);
    CHECK(ValueOf(page, series) == 0.0);
  }
}

TEST_CASE("A queue's figures are those of its snapshot", "[metrics]") {
  prometheus::Registry registry;
  OperatorMetrics metrics(registry);
  LiveFigures live;
  live.queue.depth = 3;
  live.queue.queued.Record(50ms);
  live.queue.queued.Record(2h);
  live.queue.unfinished = 8s;
  live.queue.longest = 5s;
  metrics.SetLive([&] { return live; });
  metrics.MaxWorkers(2);
  const std::string page = metrics.Render();
  const auto of = [&](const std::string& name, const std::string& more = "") {
    return ValueOf(page, fmt::format("{}{{name=\"loadtest\",controller=\"loadtest\"{}}}", name, more));
  };
  CHECK(of("workqueue_depth") == 3.0);
  CHECK(of("workqueue_unfinished_work_seconds") == 8.0);
  CHECK(of("workqueue_longest_running_processor_seconds") == 5.0);
  CHECK(of("workqueue_queue_duration_seconds_count") == 2.0);
  CHECK(of("workqueue_queue_duration_seconds_sum") == 7200.05);
  CHECK(of("workqueue_queue_duration_seconds_bucket", ",le=\"0.01\"") == 0.0);
  CHECK(of("workqueue_queue_duration_seconds_bucket", ",le=\"0.1\"") == 1.0);
  CHECK(of("workqueue_queue_duration_seconds_bucket", ",le=\"1000\"") == 1.0);
  CHECK(of("workqueue_queue_duration_seconds_bucket", ",le=\"+Inf\"") == 2.0);
  CHECK(ValueOf(page, "controller_runtime_max_concurrent_reconciles{controller=\"loadtest\"}") == 2.0);
}

}  // namespace
}  // namespace dst_load::op
