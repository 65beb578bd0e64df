#include "report/tables.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/duration.h"
#include "report/figure_text.h"

namespace dst_load::report {
namespace {

std::string TimeText(const std::optional<WallTime>& t) { return t ? FormatTimeSeconds(*t) : "-"; }

std::vector<std::string> LegRow(std::string name, const measure::Histogram& samples) {
  const Summary s = Summarize(samples);
  return {std::move(name), CountText(s.count), SpanText(s.p50), SpanText(s.p95),
          SpanText(s.p99), SpanText(s.p999),   SpanText(s.max)};
}

std::string MachineText(const Machine& machine) {
  if (machine.cores == 0) return "-";
  return fmt::format("{} {}, {}, {}", machine.cores, machine.cores == 1 ? "core" : "cores",
                     BytesText(static_cast<double>(machine.memory_bytes)), machine.kernel);
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

}  // namespace

Table FactsTable(const Report& report) {
  const ReportFacts& facts = report.facts;
  const auto& run = report.run;
  Table table{"Run", {}, {}, {}};
  const auto began = facts.running ? facts.running : facts.started;
  const bool timed = began && facts.completed && *facts.completed >= *began;
  table.rows = {{"run ID", OrDash(facts.run_id)},
                {"began", TimeText(began)},
                {"completed", TimeText(facts.completed)},
                {"took", timed ? HumanDuration(*facts.completed - *began) : "-"},
                {"destination", OrDash(facts.destination)},
                {"cycles", run.progress.cycles == 0 ? CountText(run.progress.cycle)
                                                    : fmt::format("{} of {}", run.progress.cycle, run.progress.cycles)},
                {"streams", fmt::format("{} of {} held the whole truth at one time", CountText(run.facts.streams_peak),
                                        CountText(run.facts.streams_expected))},
                {"clients", fmt::format("{} of {} delivered their final figures",
                                        CountText(run.facts.clients_concluded), CountText(run.facts.clients_expected))},
                {"seed", std::to_string(facts.seed)},
                {"version", OrDash(facts.version)},
                {"machine", MachineText(facts.machine)}};
  if (run.facts.clients_lost > 0 || run.facts.clients_retired > 0) {
    table.rows.push_back({"clients gone before", fmt::format("{} lost, {} retired", CountText(run.facts.clients_lost),
                                                             CountText(run.facts.clients_retired))});
  }
  if (!facts.phase.empty()) table.rows.insert(table.rows.begin(), {"phase", facts.phase});
  if (!run.trouble.empty()) table.notes.push_back("Trouble: " + run.trouble);
  for (const auto& client : run.facts.lost) table.notes.push_back("Lost: " + client);
  for (const auto& client : run.facts.saturated) table.notes.push_back("Saturated: " + client);
  for (const auto& worker : run.facts.clock_jumped) table.notes.push_back("Clock jumped: " + worker);
  return table;
}

Table CriteriaTable(const Report& report) {
  Table table{"Criteria", {"criterion", "limit", "measured", "result"}, {}, {}};
  for (const auto& criterion : report.verdict.criteria) {
    table.rows.push_back(
        {criterion.name, criterion.limit, criterion.measured, std::string(measure::OutcomeName(criterion.result))});
  }
  return table;
}

Table LegsTable(const Report& report) {
  const auto& run = report.run;
  Table table{"Latency", {"", "count", "p50", "p95", "p99", "p99.9", "max"}, {}, {}, true};
  table.rows.push_back(LegRow("kubernetes", run.churn.kubernetes));
  table.rows.push_back(LegRow("destination", report.total.destination));
  table.rows.push_back(LegRow("endToEnd", report.total.end_to_end));
  table.rows.push_back(LegRow("first update", report.total.first_update));
  table.rows.push_back(LegRow("convergence", report.convergence));
  table.rows.push_back(LegRow("schedule lag", run.churn.schedule_lag));
  table.rows.push_back(LegRow("client lag", run.clients.lag.queue));
  table.rows.push_back(LegRow("crediting", run.clients.lag.credit));
  if (run.clients.slow.due > 0) {
    table.rows.push_back(LegRow("slow readers: destination", run.clients.slow.destination));
    table.rows.push_back(LegRow("slow readers: endToEnd", run.clients.slow.end_to_end));
  }
  table.notes.push_back(
      "kubernetes: scheduled scale event to EndpointSlice. destination: EndpointSlice to the stream's update. "
      "endToEnd: "
      "both.");
  if (run.clients.clock_error > Micros{0}) {
    table.notes.push_back(fmt::format("Clocks of different hosts agree within {}: figures between them are no finer.",
                                      HumanDuration(run.clients.clock_error)));
  }
  return table;
}

Table ServicesTable(const Report& report) {
  constexpr std::size_t kShown = 10;
  Table table{"Services",
              {"service", "updates", "missing", "destination p50", "p99", "endToEnd p50", "p99", "max"},
              {},
              {},
              true};
  if (report.services.size() < 2) return table;
  std::vector<std::pair<std::uint32_t, ServiceSummary>> latest(report.services.begin(), report.services.end());
  std::stable_sort(latest.begin(), latest.end(),
                   [](const auto& a, const auto& b) { return a.second.end_to_end.p99 > b.second.end_to_end.p99; });
  for (std::size_t i = 0; i < std::min(kShown, latest.size()); ++i) {
    const auto& [index, summary] = latest[i];
    const auto counts = report.run.clients.services.find(index);
    const bool counted = counts != report.run.clients.services.end();
    table.rows.push_back({ServiceName(report.facts, index), counted ? CountText(counts->second.credited) : "-",
                          counted ? CountText(counts->second.missing) : "-", SpanText(summary.destination.p50),
                          SpanText(summary.destination.p99), SpanText(summary.end_to_end.p50),
                          SpanText(summary.end_to_end.p99), SpanText(summary.end_to_end.max)});
  }
  if (latest.size() > kShown) {
    table.notes.push_back(fmt::format("The {} services with the highest endToEnd p99, of {}.", kShown, latest.size()));
  }
  return table;
}

Table CountsTable(const Report& report) {
  const auto& run = report.run;
  const auto& total = report.total;
  Table table{"Counts", {}, {}, {}, true};
  const auto add = [&](const char* name, std::uint64_t count) { table.rows.push_back({name, CountText(count)}); };
  add("scale events", run.churn.scale_events);
  add("scale errors", run.churn.scale_errors);
  add("endpoint changes", run.churn.changes);
  add("changes without a cause", run.churn.changes_without_cause);
  add("holds overrun", run.churn.overruns);
  add("updates due", total.due);
  add("updates learned", total.credited);
  add("of these coalesced", total.coalesced);
  add("updates missing", total.missing);
  add("updates pending", total.pending);
  add("updates abandoned", run.facts.abandoned);
  add("messages", total.messages);
  add("redundant adds", total.redundant);
  add("owners replaced", total.replaced);
  add("truth gaps", run.clients.truth_gaps);
  add("observations dropped", run.clients.early_overflow);
  add("clock jumps", run.clients.clock_jumps + run.churn.clock_jumps);
  return table;
}

Table ViolationsTable(const Report& report) {
  Table table{"Invariants", {"invariant", "violations"}, {}, {}, true};
  for (std::size_t i = 0; i < measure::kInvariantCount; ++i) {
    table.rows.push_back({std::string(measure::InvariantName(static_cast<measure::Invariant>(i))),
                          CountText(report.run.clients.violations[i])});
  }
  for (const auto& offence : report.run.offences) table.notes.push_back(offence);
  return table;
}

Table EndingsTable(const Report& report) {
  const StreamEndings& endings = report.endings;
  Table table{"Stream endings", {"ended by", "streams"}, {}, {}, true};
  const auto add = [&](std::string name, std::uint64_t count) { table.rows.push_back({name, CountText(count)}); };
  if (endings.overflow && endings.shutdown) {
    add("server: overflow", *endings.overflow);
    add("server: shutdown", *endings.shutdown);
  } else {
    add("server: overflow or shutdown", endings.closed_ok);
    if (endings.closed_ok > 0) {
      table.notes.push_back("Overflow and shutdown look alike without the destination's overflow counter.");
    }
  }
  add("server: deadline", endings.deadline);
  add("client: reset", endings.reset);
  for (const auto& [reason, count] : endings.errors) add("error: " + reason, count);
  add("(streams opened)", report.run.clients.streams_created);
  return table;
}

Table DestinationTable(const Report& report) {
  const auto& metrics = report.run.churn.destination;
  Table table{"Destination service", {"figure", "first", "last", "max"}, {}, {}, true};
  for (const auto name : measure::DestinationMetrics::kFigures) {
    const auto* figure = metrics.Find(name);
    if (figure == nullptr) continue;
    table.rows.push_back({FigureTitle(name), FigureText(name, figure->first), FigureText(name, figure->last),
                          FigureText(name, figure->max)});
  }
  if (!metrics.asked) {
    table.notes.emplace_back("Not asked for its metrics: no URL was given.");
    return table;
  }
  std::vector<std::string> absent;
  for (const auto name : metrics.Absent()) absent.push_back(FigureTitle(name));
  if (!absent.empty()) table.notes.push_back(fmt::format("Absent from its metrics: {}.", fmt::join(absent, ", ")));
  table.notes.push_back(fmt::format("{} scrapes, {} failed.", CountText(metrics.scrapes), CountText(metrics.failures)));
  if (!metrics.trouble.empty()) table.notes.push_back("Newest failure: " + metrics.trouble);
  return table;
}

Table WorkersTable(const Report& report) {
  Table table{"Workers", {"worker", "role", "state", "clock offset", "clock error", "trouble"}, {}, {}};
  for (const auto& worker : report.run.workers) {
    const char* state = worker.concluded                              ? "concluded"
                        : worker.fate == coordination::Fate::kRetired ? "retired"
                        : worker.fate == coordination::Fate::kLost    ? "lost"
                        : worker.attached                             ? "attached"
                                                                      : "gone";
    table.rows.push_back({worker.pod.empty() ? worker.instance : worker.pod, worker.churn ? "churn" : "client", state,
                          HumanDuration(worker.clock_offset), "±" + HumanDuration(worker.clock_error),
                          OrDash(worker.trouble)});
  }
  return table;
}

Table SettingsTable(const Report& report) {
  Table table{"Settings", {}, {}, {}};
  for (auto& [name, value] : Flatten(report.facts.spec)) table.rows.push_back({name, value});
  return table;
}

std::string OmittedText(const Report& report) {
  if (report.omitted.empty()) return {};
  return fmt::format("Left out of this report: {}.", fmt::join(report.omitted, ", "));
}

}  // namespace dst_load::report
