#include <algorithm>
#include <cmath>

#include "measure/other_services.h"
#include "report/json.h"

namespace dst_load::report {
namespace {

/// A JSON object in its shortest form; empty, and named as left out, for what is none.
std::string Normal(const std::string& text, std::string_view name, std::vector<std::string>& omitted) {
  if (text.empty()) return {};
  const Json parsed = Json::parse(text, nullptr, false);
  if (!parsed.is_object()) {
    omitted.emplace_back(name);
    return {};
  }
  return parsed.dump(-1, ' ', false, Json::error_handler_t::replace);
}

StreamEndings EndingsOf(const coordination::RunView& run) {
  const auto& clients = run.clients;
  StreamEndings endings;
  endings.closed_ok = clients.closed_ok;
  endings.deadline = clients.send_timeouts - std::min(clients.closed_ok, clients.send_timeouts);
  endings.reset = clients.streams_reset;
  endings.errors = clients.errors;
  if (const auto* overflows = run.churn.destination.Find(measure::DestinationMetrics::kOverflows)) {
    const double growth = std::max(overflows->Growth(), 0.0);
    endings.overflow = growth < static_cast<double>(clients.closed_ok)
                           ? static_cast<std::uint64_t>(std::llround(growth))
                           : clients.closed_ok;
    endings.shutdown = clients.closed_ok - *endings.overflow;
  }
  return endings;
}

Timeline TimelineOf(const measure::ClientTimeline& series) {
  Timeline timeline;
  if (series.empty()) return timeline;
  timeline.start = series.StartOf(0);
  timeline.width = series.Width();
  for (const auto& slot : series.Slots()) {
    timeline.slots.push_back({slot.destination.Count(),
                              {slot.destination.Quantile(0.5), slot.destination.Quantile(0.99)},
                              {slot.end_to_end.Quantile(0.5), slot.end_to_end.Quantile(0.99)},
                              slot.held});
  }
  return timeline;
}

std::string LeafText(const Json& leaf) {
  return leaf.is_string() ? leaf.get<std::string>() : leaf.dump(-1, ' ', false, Json::error_handler_t::replace);
}

using Leaves = std::vector<std::pair<std::string, std::string>>;

void Descend(const Json& value, const std::string& path, int depth, Leaves& leaves) {
  constexpr int kDeepest = 16;  // below that, as JSON
  if (!value.is_structured() || value.empty() || depth == kDeepest) {
    leaves.emplace_back(path, LeafText(value));
    return;
  }
  std::size_t index = 0;
  for (const auto& item : value.items()) {
    const std::string step =
        value.is_array() ? "[" + std::to_string(index++) + "]" : (path.empty() ? "" : ".") + item.key();
    Descend(item.value(), path + step, depth + 1, leaves);
  }
}

}  // namespace

std::string ServiceName(const ReportFacts& facts, std::uint32_t index) {
  if (measure::IsOtherServices(index)) return "several services";
  if (facts.service_prefix.empty()) return "index " + std::to_string(index);
  return facts.service_prefix + "-" + std::to_string(std::uint64_t{index} + 1);
}

Summary Summarize(const measure::Histogram& histogram) {
  return {histogram.Count(),        histogram.Min(),           histogram.Quantile(0.5), histogram.Quantile(0.95),
          histogram.Quantile(0.99), histogram.Quantile(0.999), histogram.Max()};
}

Report Gather(const ReportFacts& facts, const coordination::RunView& view, const measure::Verdict& verdict) {
  Report report;
  report.facts = facts;
  report.facts.spec = Normal(facts.spec, kSpec, report.omitted);
  report.facts.calibration = Normal(facts.calibration, kCalibration, report.omitted);
  report.verdict = verdict;
  report.run = view;
  report.run.clients.timeline = {};
  report.run.progress.scheduled.clear();
  for (const auto& [index, counts] : view.clients.services) {
    report.services[index] = {Summarize(counts.destination), Summarize(counts.end_to_end),
                              Summarize(counts.first_update)};
  }
  report.total = view.clients.Total();
  report.convergence = view.clients.convergence.Times();
  report.endings = EndingsOf(view);
  report.timeline = TimelineOf(view.clients.timeline);
  return report;
}

Leaves Flatten(const std::string& json) {
  const Json parsed = Json::parse(json, nullptr, false);
  Leaves leaves;
  if (parsed.is_object() && !parsed.empty()) Descend(parsed, "", 0, leaves);
  return leaves;
}

}  // namespace dst_load::report
