#include <fmt/format.h>

#include "report/fields.h"

namespace dst_load::report {
namespace {

measure::Outcome DecodeOutcome(const Fields& fields, std::string_view key) {
  const std::string text = fields.Text(key);
  for (const auto outcome : {measure::Outcome::kPass, measure::Outcome::kFail, measure::Outcome::kInconclusive}) {
    if (text == measure::OutcomeName(outcome)) return outcome;
  }
  fields.Refuse(key, fmt::format("\"{}\" is none of Pass, Fail, Inconclusive", text));
  return measure::Outcome::kInconclusive;
}

coordination::Stage DecodeStage(const Fields& fields) {
  using coordination::Stage;
  const std::string text = fields.Text("stage");
  for (const auto stage : {Stage::kGathering, Stage::kRunning, Stage::kDraining, Stage::kConcluded, Stage::kReleased}) {
    if (text == coordination::StageName(stage)) return stage;
  }
  fields.Refuse("stage", fmt::format("\"{}\" is no stage", text));
  return Stage::kGathering;
}

coordination::ChurnStep DecodeStep(const Fields& fields) {
  using coordination::ChurnStep;
  const std::string text = fields.Text("step");
  for (auto step = ChurnStep::kUnknown; step <= ChurnStep::kFailed; step = static_cast<ChurnStep>(int(step) + 1)) {
    if (text == coordination::ChurnStepName(step)) return step;
  }
  fields.Refuse("step", fmt::format("\"{}\" is no step", text));
  return ChurnStep::kUnknown;
}

coordination::Fate DecodeFate(const Fields& fields) {
  using coordination::Fate;
  const std::string text = fields.Text("fate");
  for (auto fate = Fate::kPresent; fate <= Fate::kLeft; fate = static_cast<Fate>(int(fate) + 1)) {
    if (text == coordination::FateName(fate)) return fate;
  }
  fields.Refuse("fate", fmt::format("\"{}\" is no fate", text));
  return Fate::kPresent;
}

void DecodeHead(const Fields& fields, ReportFacts& facts) {
  facts.name = fields.Text("name");
  facts.ns = fields.Text("namespace");
  facts.run_id = fields.Text("runID");
  facts.phase = fields.Text("phase");
  facts.started = fields.MaybeTime("startedAtMicros");
  facts.running = fields.MaybeTime("runningAtMicros");
  facts.completed = fields.MaybeTime("completedAtMicros");
  facts.version = fields.Object("versions").Text("dstLoad");
  facts.destination = fields.Text("destinationAddress");
  const Fields machine = fields.Object("machine");
  facts.machine = {machine.Count("cores"), machine.Count("memoryBytes"), machine.Text("kernel")};
  facts.seed = fields.BigCount("seed");
  facts.services = fields.Count("servicesAsked");
  if (fields.Has("serviceNamePrefix")) facts.service_prefix = fields.Text("serviceNamePrefix");
  facts.streams = fields.Count("streamsAsked");
  facts.spec = fields.ObjectText("spec");
  facts.calibration = fields.ObjectText("calibration");
}

void DecodeVerdict(const Fields& fields, measure::Verdict& verdict) {
  const Fields told = fields.Object("verdict");
  verdict.outcome = DecodeOutcome(told, "outcome");
  verdict.reason = told.Text("reason");
  verdict.message = told.Text("message");
  fields.Each("criteria", [&](const Fields& criterion) {
    verdict.criteria.push_back({criterion.Text("name"), criterion.Text("limit"), criterion.Text("measured"),
                                DecodeOutcome(criterion, "result")});
  });
}

void DecodeRunFacts(const Fields& fields, coordination::RunView& run) {
  run.stage = DecodeStage(fields);
  run.facts.started = fields.Flag("started");
  run.facts.finished = fields.Flag("finished");
  run.facts.clients_expected = fields.Count("clientsExpected");
  run.facts.clients_concluded = fields.Count("clientsConcluded");
  if (fields.Has("clientsLost")) {
    run.facts.clients_retired = fields.Count("clientsRetired");
    run.facts.clients_most = fields.Count("clientsMost");
    run.facts.clients_lost = fields.Count("clientsLost");
    run.facts.lost = fields.Texts("lost");
  }
  run.clients_attached = fields.Count("clientsAttached");
  run.clients_joined = fields.Count("clientsJoined");
  run.churn_attached = fields.Flag("churnAttached");
  run.workers_lost = fields.Count("workersLost");
  run.facts.streams_expected = fields.Count("streamsExpected");
  run.facts.streams_peak = fields.Count("streamsPeak");
  if (fields.Has("streamsAtEnd")) run.facts.streams_at_end = fields.Count("streamsAtEnd");
  run.facts.saturated = fields.Texts("saturated");
  run.facts.clock_jumped = fields.Texts("clockJumped");
  if (fields.Has("clockLost")) run.facts.clock_lost = fields.Flag("clockLost");
  run.facts.abandoned = fields.Count("abandoned");
  run.clients.truth_gaps = fields.Count("truthGaps");
  run.clients.early_overflow = fields.Count("earlyOverflow");
  run.trouble = fields.Text("trouble");
}

void DecodeChurn(const Fields& fields, coordination::RunView& run) {
  auto& progress = run.progress;
  progress.step = DecodeStep(fields);
  progress.cycle = fields.SmallCount("cycle");
  progress.cycles = fields.SmallCount("cycles");
  progress.endpoints = fields.Count("endpoints");
  progress.target_endpoints = fields.Count("targetEndpoints");
  progress.step_started = fields.Time("stepStartedAtMicros");
  progress.last_seq = fields.Count("lastSeq");
  progress.reason = fields.Text("reason");
  progress.message = fields.Text("message");
  progress.seed = fields.BigCount("seed");
  run.churn.scale_events = fields.Count("scaleEvents");
  run.churn.scale_errors = fields.Count("scaleErrors");
  run.churn.services_created = fields.Count("servicesCreated");
  run.churn.changes = fields.Count("changes");
  run.churn.changes_without_cause = fields.Count("changesWithoutCause");
  run.churn.overruns = fields.Count("overruns");
}

void DecodeWorkers(const Fields& fields, Report& report) {
  if (Omits(report, kWorkers)) return;
  fields.Each("workers", [&](const Fields& worker) {
    coordination::WorkerView view;
    view.instance = worker.Text("instance");
    view.pod = worker.Text("pod");
    view.churn = worker.Text("role") == "churn";
    view.attached = worker.Flag("attached");
    view.concluded = worker.Flag("concluded");
    if (worker.Has("fate")) {
      view.fate = DecodeFate(worker);
      view.why = worker.Text("why");
    }
    view.trouble = worker.Text("trouble");
    view.clock_offset = worker.Span("clockOffsetMicros");
    view.clock_error = worker.Span("clockErrorMicros");
    report.run.workers.push_back(std::move(view));
  });
}

}  // namespace

Result<Report> ReadReport(std::string_view json) {
  const Json parsed = Json::parse(json, nullptr, false);
  if (parsed.is_discarded()) return Fail(Code::kInvalid, "read report: it is no JSON");
  std::optional<Error> failure;
  const Fields fields(parsed, "", failure);
  if (!failure && fields.Text("schema") != kSchema) {
    fields.Refuse("schema", fmt::format("is not {}", kSchema));
  }
  Report report;
  report.omitted = fields.Texts("omitted");
  DecodeHead(fields, report.facts);
  DecodeVerdict(fields, report.verdict);
  DecodeRunFacts(fields.Object("run"), report.run);
  DecodeChurn(fields.Object("churn"), report.run);
  DecodeWorkers(fields, report);
  DecodeRun(fields, report);
  if (failure) return Fail(*std::move(failure));
  return report;
}

}  // namespace dst_load::report
