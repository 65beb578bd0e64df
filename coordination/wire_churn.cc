#include "coordination/wire.h"

namespace dst_load::coordination {

pb::ChurnProgress ToWire(const ChurnProgress& progress) {
  pb::ChurnProgress wire;
  wire.set_step(static_cast<pb::ChurnStep>(progress.step));
  wire.set_cycle(progress.cycle);
  wire.set_cycles(progress.cycles);
  wire.set_endpoints(progress.endpoints);
  wire.set_target_endpoints(progress.target_endpoints);
  wire.set_step_started_us(ToWire(progress.step_started));
  for (const auto& scheduled : progress.scheduled) wire.add_scheduled_us(ToWire(scheduled));
  wire.set_last_seq(progress.last_seq);
  wire.set_reason(ClipText(progress.reason, kMaxReason));
  wire.set_message(ClipText(progress.message, kMaxText));
  wire.set_seed(progress.seed);
  return wire;
}

Result<ChurnProgress> FromWire(const pb::ChurnProgress& wire) {
  // The numbers of the enums are the same: see the static_asserts below.
  if (!pb::ChurnStep_IsValid(wire.step())) return Fail(Code::kInvalid, "progress: unknown step");
  if (static_cast<std::uint32_t>(wire.scheduled_us_size()) > kMaxServices) {
    return Fail(Code::kInvalid, "progress: too many services");
  }
  ChurnProgress progress;
  progress.step = static_cast<ChurnStep>(wire.step());
  progress.cycle = wire.cycle();
  progress.cycles = wire.cycles();
  progress.endpoints = wire.endpoints();
  progress.target_endpoints = wire.target_endpoints();
  progress.step_started = TimeFromWire(wire.step_started_us());
  for (const auto us : wire.scheduled_us()) progress.scheduled.push_back(TimeFromWire(us));
  progress.last_seq = wire.last_seq();
  progress.reason = ClipText(wire.reason(), kMaxReason);
  progress.message = ClipText(wire.message(), kMaxText);
  progress.seed = wire.seed();
  return progress;
}

static_assert(static_cast<int>(ChurnStep::kUnknown) == pb::CHURN_STEP_UNSPECIFIED);
static_assert(static_cast<int>(ChurnStep::kReady) == pb::CHURN_STEP_READY);
static_assert(static_cast<int>(ChurnStep::kHoldMin) == pb::CHURN_STEP_HOLD_MIN);
static_assert(static_cast<int>(ChurnStep::kFailed) == pb::CHURN_STEP_FAILED);

pb::ChurnReport ToWire(const ChurnReport& report) {
  pb::ChurnReport wire;
  *wire.mutable_progress() = ToWire(report.progress);
  wire.set_scale_events(report.snapshot.scale_events);
  wire.set_scale_errors(report.snapshot.scale_errors);
  wire.set_services_created(report.snapshot.services_created);
  wire.set_changes(report.snapshot.changes);
  wire.set_changes_without_cause(report.snapshot.changes_without_cause);
  wire.set_overruns(report.snapshot.overruns);
  *wire.mutable_kubernetes() = ToWire(report.snapshot.kubernetes);
  *wire.mutable_schedule_lag() = ToWire(report.snapshot.schedule_lag);
  wire.set_clock_jumps(report.snapshot.clock_jumps);
  for (const auto& mark : report.snapshot.marks) {
    auto& out = *wire.add_marks();
    out.set_at_us(ToWire(mark.at));
    out.set_step(ClipText(mark.step, kMaxReason));
    out.set_cycle(mark.cycle);
  }
  wire.set_marks_dropped(report.snapshot.marks_dropped);
  *wire.mutable_endpoints() = ToWire(report.snapshot.endpoints);
  *wire.mutable_destination() = ToWire(report.snapshot.destination);
  return wire;
}

Result<ChurnReport> FromWire(const pb::ChurnReport& wire) {
  auto progress = FromWire(wire.progress());
  if (!progress) return Fail(progress.error());
  ChurnReport report{std::move(*progress), {}};
  report.snapshot.scale_events = wire.scale_events();
  report.snapshot.scale_errors = wire.scale_errors();
  report.snapshot.services_created = wire.services_created();
  report.snapshot.changes = wire.changes();
  report.snapshot.changes_without_cause = wire.changes_without_cause();
  report.snapshot.overruns = wire.overruns();
  Status read = ReadHistogram(wire.kubernetes(), report.snapshot.kubernetes);
  if (read) read = ReadHistogram(wire.schedule_lag(), report.snapshot.schedule_lag);
  if (read) read = ReadGauges(wire.endpoints(), report.snapshot.endpoints);
  if (read) read = ReadDestination(wire.destination(), report.snapshot.destination);
  if (!read) return Fail(read.error());
  if (static_cast<std::size_t>(wire.marks_size()) > measure::ChurnSnapshot::kMaxMarks) {
    return Fail(Code::kInvalid, "report: too many marks");
  }
  for (const auto& mark : wire.marks()) {
    report.snapshot.marks.push_back({TimeFromWire(mark.at_us()), ClipText(mark.step(), kMaxReason), mark.cycle()});
  }
  report.snapshot.marks_dropped = wire.marks_dropped();
  report.snapshot.clock_jumps = wire.clock_jumps();
  return report;
}

}  // namespace dst_load::coordination
