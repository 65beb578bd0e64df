#include "workers/churn/run_report.h"

#include <fstream>
#include <iterator>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/duration.h"
#include "report/html.h"
#include "report/junit.h"
#include "workers/output_file.h"

namespace dst_load::workers::churn {
namespace {

using json = nlohmann::ordered_json;

/// The flags as a LoadTest's spec would have them.
json SpecOf(const ChurnOptions& options) {
  const SchedulePlan& plan = options.plan;
  json churn;
  if (plan.pattern == Pattern::kOscillate) {
    churn = {{"pattern", "oscillate"},
             {"minEndpoints", plan.min_endpoints},
             {"maxEndpoints", plan.max_endpoints},
             {"minHold", FormatDuration(plan.min_hold)},
             {"maxHold", FormatDuration(plan.max_hold)},
             {"jitter", FormatDuration(plan.jitter)}};
    if (plan.cycles) churn["cycles"] = *plan.cycles;
  } else {
    churn = {{"pattern", "stable"}, {"endpointsPerService", plan.max_endpoints}};
  }
  if (plan.duration) churn["duration"] = FormatDuration(*plan.duration);
  json spec = {{"workload", {{"services", plan.services}, {"namePrefix", options.name_prefix}}},
               {"churn", std::move(churn)}};
  if (options.listen) spec["client"] = {{"replicas", options.listen->clients}, {"streams", options.listen->streams}};
  return spec;
}

/// When the schedule began: its first step after what had to be there.
std::optional<WallTime> RunningSince(const measure::ChurnSnapshot& churn) {
  using coordination::ChurnStep;
  for (const auto& mark : churn.marks) {
    const auto is = [&](ChurnStep step) { return mark.step == coordination::ChurnStepName(step); };
    if (is(ChurnStep::kStable) || is(ChurnStep::kScaleUp)) return mark.at;
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> ReadCalibration(const std::string& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return Fail(Code::kInvalid, "--calibration-file: cannot read " + path);
  if (!json::parse(text, nullptr, false).is_object()) {
    return Fail(Code::kInvalid, "--calibration-file: " + path + " is no JSON object");
  }
  return text;
}

report::Report MakeRunReport(const ChurnOptions& options, const RunEnds& ends, const coordination::RunView& run) {
  report::ReportFacts facts;
  facts.name = options.test_name;
  facts.ns = options.ns;
  facts.run_id = ends.run_id;
  facts.started = ends.started;
  facts.running = RunningSince(run.churn);
  facts.completed = ends.completed;
  facts.version = ends.version;
  facts.machine = ends.machine;
  facts.calibration = ends.calibration;
  facts.seed = options.plan.seed;
  facts.services = options.plan.services;
  facts.service_prefix = options.name_prefix;
  if (options.listen) facts.streams = options.listen->streams;
  facts.spec = SpecOf(options).dump(-1, ' ', false, json::error_handler_t::replace);
  measure::Criteria criteria;
  criteria.max_lost_percent = 0;  // no Deployment makes another
  return report::Gather(facts, run, measure::Judge(criteria, run.facts, run.clients, run.churn));
}

Status WriteRunReport(const std::string& dir, const report::Report& report) {
  const auto whole = report::WriteReport(report, std::numeric_limits<std::size_t>::max());
  if (auto ok = WriteOutputFile(dir + "/report.json", whole); !ok) return ok;
  if (auto ok = WriteOutputFile(dir + "/junit.xml", report::MakeJUnit(report)); !ok) return ok;
  return WriteOutputFile(dir + "/report.html", report::RenderHtml(report));
}

}  // namespace dst_load::workers::churn
