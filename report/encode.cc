#include "report/json.h"

namespace dst_load::report {
namespace {

Json OptionalTime(const std::optional<WallTime>& t) { return t ? Json(InMicros(*t)) : Json(nullptr); }

Json EncodeVerdict(const measure::Verdict& verdict) {
  return {{"outcome", measure::OutcomeName(verdict.outcome)}, {"reason", verdict.reason}, {"message", verdict.message}};
}

Json EncodeCriteria(const measure::Verdict& verdict) {
  Json criteria = Json::array();
  for (const auto& criterion : verdict.criteria) {
    criteria.push_back({{"name", criterion.name},
                        {"limit", criterion.limit},
                        {"measured", criterion.measured},
                        {"result", measure::OutcomeName(criterion.result)}});
  }
  return criteria;
}

Json EncodeMachine(const Machine& machine) {
  return {{"cores", machine.cores}, {"memoryBytes", machine.memory_bytes}, {"kernel", machine.kernel}};
}

Json EncodeRunFacts(const coordination::RunView& run) {
  const auto& facts = run.facts;
  return {{"stage", coordination::StageName(run.stage)},
          {"started", facts.started},
          {"finished", facts.finished},
          {"clientsExpected", facts.clients_expected},
          {"clientsConcluded", facts.clients_concluded},
          {"clientsRetired", facts.clients_retired},
          {"clientsMost", facts.clients_most},
          {"clientsLost", facts.clients_lost},
          {"lost", facts.lost},
          {"clientsAttached", run.clients_attached},
          {"clientsJoined", run.clients_joined},
          {"churnAttached", run.churn_attached},
          {"workersLost", run.workers_lost},
          {"streamsExpected", facts.streams_expected},
          {"streamsPeak", facts.streams_peak},
          {"streamsAtEnd", facts.streams_at_end},
          {"saturated", facts.saturated},
          {"clockJumped", facts.clock_jumped},
          {"clockLost", facts.clock_lost},
          {"abandoned", facts.abandoned},
          {"truthGaps", run.clients.truth_gaps},
          {"earlyOverflow", run.clients.early_overflow},
          {"trouble", run.trouble}};
}

Json EncodeChurn(const coordination::RunView& run) {
  const auto& progress = run.progress;
  return {{"step", coordination::ChurnStepName(progress.step)},
          {"cycle", progress.cycle},
          {"cycles", progress.cycles},
          {"endpoints", progress.endpoints},
          {"targetEndpoints", progress.target_endpoints},
          {"stepStartedAtMicros", InMicros(progress.step_started)},
          {"lastSeq", progress.last_seq},
          {"reason", progress.reason},
          {"message", progress.message},
          {"seed", std::to_string(progress.seed)},
          {"scaleEvents", run.churn.scale_events},
          {"scaleErrors", run.churn.scale_errors},
          {"servicesCreated", run.churn.services_created},
          {"changes", run.churn.changes},
          {"changesWithoutCause", run.churn.changes_without_cause},
          {"overruns", run.churn.overruns}};
}

Json EncodeViolations(const measure::ClientSnapshot& clients) {
  Json violations = Json::object();
  for (std::size_t i = 0; i < measure::kInvariantCount; ++i) {
    violations[std::string(measure::InvariantName(static_cast<measure::Invariant>(i)))] = clients.violations[i];
  }
  return violations;
}

Json OptionalCount(const std::optional<std::uint64_t>& count) { return count ? Json(*count) : Json(nullptr); }

Json EncodeStreams(const Report& report) {
  const auto& clients = report.run.clients;
  const auto& endings = report.endings;
  return {{"target", clients.streams_target},
          {"open", clients.streams_open},
          {"joined", clients.streams_joined},
          {"settled", clients.streams_settled},
          {"created", clients.streams_created},
          {"sendTimeouts", clients.send_timeouts},
          {"endings",
           {{"closedOK", endings.closed_ok},
            {"overflow", OptionalCount(endings.overflow)},
            {"shutdown", OptionalCount(endings.shutdown)},
            {"deadline", endings.deadline},
            {"reset", endings.reset},
            {"errors", endings.errors}}},
          {"lifetime", EncodeHistogram(clients.stream_lifetime)},
          {"connection", EncodeHistogram(clients.connection_duration)}};
}

Json EncodeWorkers(const coordination::RunView& run) {
  Json workers = Json::array();
  for (const auto& worker : run.workers) {
    workers.push_back({{"instance", worker.instance},
                       {"pod", worker.pod},
                       {"role", worker.churn ? "churn" : "client"},
                       {"attached", worker.attached},
                       {"concluded", worker.concluded},
                       {"fate", coordination::FateName(worker.fate)},
                       {"why", worker.why},
                       {"trouble", worker.trouble},
                       {"clockOffsetMicros", worker.clock_offset.count()},
                       {"clockErrorMicros", worker.clock_error.count()}});
  }
  return workers;
}

Json EncodeClientLag(const measure::ClientLag& lag) {
  return {{"queue", EncodeHistogram(lag.queue)},
          {"credit", EncodeHistogram(lag.credit)},
          {"cpuMicros", lag.cpu.count()},
          {"wallMicros", lag.wall.count()}};
}

/// Texts that Gather checked.
void AddTexts(const Report& report, Json& encoded) {
  if (!report.facts.spec.empty()) encoded["spec"] = Json::parse(report.facts.spec, nullptr, false);
  if (!report.facts.calibration.empty()) {
    encoded["calibration"] = Json::parse(report.facts.calibration, nullptr, false);
  }
}

void AddHead(const Report& report, Json& encoded) {
  const ReportFacts& facts = report.facts;
  encoded["name"] = facts.name;
  encoded["namespace"] = facts.ns;
  encoded["runID"] = facts.run_id;
  encoded["phase"] = facts.phase;
  encoded["startedAtMicros"] = OptionalTime(facts.started);
  encoded["runningAtMicros"] = OptionalTime(facts.running);
  encoded["completedAtMicros"] = OptionalTime(facts.completed);
  encoded["versions"] = {{"dstLoad", facts.version}};
  encoded["destinationAddress"] = facts.destination;
  encoded["machine"] = EncodeMachine(facts.machine);
  encoded["seed"] = std::to_string(facts.seed);
  encoded["servicesAsked"] = facts.services;
  encoded["serviceNamePrefix"] = facts.service_prefix;
  encoded["streamsAsked"] = facts.streams;
}

}  // namespace

Json Encode(const Report& report) {
  const auto& run = report.run;
  Json encoded = {{"schema", kSchema}};
  AddHead(report, encoded);
  encoded["verdict"] = EncodeVerdict(report.verdict);
  encoded["criteria"] = EncodeCriteria(report.verdict);
  encoded["omitted"] = report.omitted;
  encoded["run"] = EncodeRunFacts(run);
  encoded["counts"] = EncodeCounts(report.total);
  encoded["legs"] = {{"kubernetes", EncodeHistogram(run.churn.kubernetes)},
                     {"destination", EncodeHistogram(report.total.destination)},
                     {"endToEnd", EncodeHistogram(report.total.end_to_end)}};
  encoded["firstUpdate"] = EncodeHistogram(report.total.first_update);
  encoded["convergence"] = EncodeConvergence(report);
  encoded["violations"] = EncodeViolations(run.clients);
  encoded["offences"] = run.offences;
  encoded["streams"] = EncodeStreams(report);
  encoded["slowReaders"] = EncodeSlow(run.clients.slow);
  if (!Omits(report, kServices)) encoded["services"] = EncodeServices(report);
  encoded["churn"] = EncodeChurn(run);
  encoded["schedule"] = EncodeSchedule(report);
  encoded["lag"] = EncodeClientLag(run.clients.lag);
  encoded["clock"] = {{"errorMicros", run.clients.clock_error.count()},
                      {"clientJumps", run.clients.clock_jumps},
                      {"churnJumps", run.churn.clock_jumps}};
  if (!Omits(report, kWorkers)) encoded["workers"] = EncodeWorkers(run);
  if (!Omits(report, kTimeline)) encoded["timeline"] = EncodeTimeline(report.timeline);
  if (!Omits(report, kEndpoints)) encoded["endpoints"] = EncodeGauges(run.churn.endpoints);
  encoded["destination"] = EncodeDestination(report);
  AddTexts(report, encoded);
  return encoded;
}

}  // namespace dst_load::report
