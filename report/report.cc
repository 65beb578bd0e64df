#include "report/report.h"

#include "report/json.h"

namespace dst_load::report {
namespace {

/// Takes something out of the report and names it; says nothing when there is nothing of it.
using Leave = void (*)(Report& report);

void LeaveServiceBuckets(Report& report) {
  if (report.run.clients.services.empty()) return;
  for (auto& [index, counts] : report.run.clients.services) {
    counts.destination = counts.end_to_end = counts.first_update = {};
  }
  report.omitted.emplace_back(kServiceBuckets);
}

void LeaveSeries(Report& report) {
  if (!report.timeline.slots.empty()) {
    report.timeline = {};
    report.omitted.emplace_back(kTimeline);
  }
  if (!report.run.churn.endpoints.empty()) {
    report.run.churn.endpoints = {};
    report.omitted.emplace_back(kEndpoints);
  }
  if (report.run.churn.destination.figures.empty()) return;
  for (auto& [name, figure] : report.run.churn.destination.figures) figure.over_time = {};
  report.omitted.emplace_back(kDestinationSeries);
}

void LeaveEvents(Report& report) {
  auto& log = report.run.clients.convergence;
  if (log.Events().empty()) return;
  const auto dropped = log.Dropped();
  log = {};
  log.CountDropped(dropped);
  report.omitted.emplace_back(kEvents);
}

void LeaveServices(Report& report) {
  if (report.run.clients.services.empty()) return;
  report.run.clients.services.clear();
  report.services.clear();
  report.omitted.emplace_back(kServices);
}

void LeaveMarks(Report& report) {
  if (report.run.churn.marks.empty()) return;
  report.run.churn.marks.clear();
  report.omitted.emplace_back(kMarks);
}

void LeaveWorkers(Report& report) {
  if (report.run.workers.empty()) return;
  report.run.workers.clear();
  report.omitted.emplace_back(kWorkers);
}

void LeaveCalibration(Report& report) {
  if (report.facts.calibration.empty()) return;
  report.facts.calibration.clear();
  report.omitted.emplace_back(kCalibration);
}

void LeaveSpec(Report& report) {
  if (report.facts.spec.empty()) return;
  report.facts.spec.clear();
  report.omitted.emplace_back(kSpec);
}

constexpr Leave kLeaves[] = {LeaveServiceBuckets, LeaveSeries,  LeaveEvents,      LeaveServices,
                             LeaveMarks,          LeaveWorkers, LeaveCalibration, LeaveSpec};

std::string Text(const Report& report) { return Encode(report).dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::string WriteReport(const Report& report, std::size_t size_limit) {
  std::string text = Text(report);
  if (text.size() <= size_limit) return text;
  Report shorter = report;
  for (const Leave leave : kLeaves) {
    leave(shorter);
    text = Text(shorter);
    if (text.size() <= size_limit) break;
  }
  return text;
}

std::string MakeReport(const ReportFacts& facts, const coordination::RunView& view, const measure::Verdict& verdict,
                       std::size_t size_limit) {
  return WriteReport(Gather(facts, view, verdict), size_limit);
}

}  // namespace dst_load::report
