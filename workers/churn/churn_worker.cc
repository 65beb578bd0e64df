#include "workers/churn/churn_worker.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock_watch.h"
#include "base/duration.h"
#include "base/log.h"
#include "kube/watch.h"
#include "workers/churn/reasons.h"
#include "workers/churn/threads.h"

namespace dst_load::workers::churn {
namespace {

using coordination::ChurnStep;
using Signal = RunState::Signal;
using namespace std::chrono_literals;

constexpr std::size_t kScaleThreads = 8;
constexpr Micros kReportEvery = 500ms;
constexpr Micros kLookEvery = 1s;
constexpr Micros kDiagnoseEvery = 3s;
constexpr Micros kConvergence = 60s;
/// Rights may arrive after the Pod that needs them.
constexpr Micros kForbiddenFor = 30s;

std::vector<std::string> NamesOf(const ChurnOptions& options) {
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < options.plan.services; ++i) names.push_back(options.ServiceName(i));
  return names;
}

}  // namespace

ChurnWorker::ChurnWorker(ChurnOptions options, kube::Client& client, const Clock& machine,
                         std::optional<coordination::SessionOptions> session)
    : options_(std::move(options)),
      clock_(machine),
      session_options_(std::move(session)),
      names_(NamesOf(options_)),
      workload_(client, ObjectSpecOf(options_), names_),
      client_(client),
      state_(names_, options_.plan, clock_, [this](const std::vector<measure::Change>& changes) {
        if (session_) session_->Publish(changes);
      }) {}

ChurnWorker::~ChurnWorker() = default;

ChurnWorker::End ChurnWorker::Drive(const std::stop_token& stop) {
  const auto point = Attach(stop);
  if (!point) return {Ending::kInterrupted, {}, {}};
  if (point->seed) options_.plan.seed = *point->seed;
  state_.SetSeed(options_.plan.seed);
  if (point->truth) state_.Restore(*point->truth, point->scheduled);
  // What was published before goes on; a state without services only keeps numbers from being used twice.
  if (point->truth && !point->truth->services.empty()) StartPublishing();
  if (point->kind != ResumePoint::Kind::kFresh) state_.SetPosition(point->position);

  switch (point->kind) {
    case ResumePoint::Kind::kFresh:
      StartThreads();
      return DriveFresh(stop);
    case ResumePoint::Kind::kRunning:
      StartThreads();
      return TakeOver(*point, stop);
    case ResumePoint::Kind::kFinished: {
      state_.SetReady();
      StartReports();
      const bool released = state_.Wait(stop, std::nullopt, {Signal::kRelease});
      return {released ? Ending::kDone : Ending::kInterrupted, {}, {}};
    }
    case ResumePoint::Kind::kCleaned:
      return {Ending::kDone, {}, {}};
    case ResumePoint::Kind::kFailed:
      return {Ending::kFailed, point->reason, point->message};
  }
  return {};
}

std::optional<ResumePoint> ChurnWorker::Attach(const std::stop_token& stop) {
  if (!session_options_) return ResumePoint{};
  coordination::ChurnHandlers handlers;
  handlers.on_welcome = [this](const coordination::Welcome& welcome) {
    {
      const std::lock_guard lock(welcome_mutex_);
      if (!welcome_) welcome_ = welcome;
    }
    state_.SetSuspended(welcome.suspended);
    state_.Raise(Signal::kWelcome);
  };
  handlers.on_pace = [this](bool suspended) { state_.SetSuspended(suspended); };
  handlers.on_start = [this] { state_.Raise(Signal::kStart); };
  handlers.on_stop = [this] { state_.Raise(Signal::kStop); };
  handlers.on_release = [this] { state_.Raise(Signal::kRelease); };
  session_ = coordination::ChurnSession::Create(*session_options_, std::move(handlers), clock_);
  log::Info("waiting for the coordinator", {{"address", session_options_->address}});
  if (!state_.Wait(stop, std::nullopt, {Signal::kWelcome})) return std::nullopt;
  const std::lock_guard lock(welcome_mutex_);
  return DecideResume(*welcome_);
}

ChurnWorker::End ChurnWorker::DriveFresh(const std::stop_token& stop) {
  log::Info("creating the workload", {{"namespace", options_.ns},
                                      {"services", std::to_string(names_.size())},
                                      {"endpoints", std::to_string(options_.plan.min_endpoints)},
                                      {"seed", std::to_string(options_.plan.seed)}});
  const Status created = Ensure(std::vector(names_.size(), options_.plan.min_endpoints), stop);
  if (!created) {
    const std::string reason = ReasonOf(created.error());
    log::Err("churn failed", {{"reason", reason}, {"error", created.error().message}});
    return {Ending::kFailed, reason, created.error().message};
  }
  if (AwaitEndpoints(stop)) {
    state_.SetReady();
    StartPublishing();
    state_.SetPosition({ChurnStep::kReady, 0, clock_.Wall()});
    log::Info("the workload is ready");
    if (session_) state_.Wait(stop, std::nullopt, {Signal::kStart, Signal::kStop, Signal::kRelease});
    while (state_.TakeSuspended() && !stop.stop_requested() && !state_.Raised(Signal::kStop) &&
           !state_.Raised(Signal::kRelease)) {
      state_.Wait(stop, std::nullopt, {Signal::kPace, Signal::kStop, Signal::kRelease});
    }
  }
  if (stop.stop_requested()) return {Ending::kInterrupted, {}, {}};
  // Released at the barrier: the run ended without us.
  if (state_.Raised(Signal::kStop) || (session_ && !state_.Raised(Signal::kStart))) {
    const End end = Conclude({ChurnStep::kFinished, 0, clock_.Wall()}, stop);
    return {end.ending == Ending::kDone ? Ending::kStopped : end.ending, {}, {}};
  }
  Schedule schedule(options_.plan, clock_.Wall());
  return Play(schedule, stop);
}

ChurnWorker::End ChurnWorker::TakeOver(const ResumePoint& point, const std::stop_token& stop) {
  bool late = false;
  const WallTime now = clock_.Wall();
  Schedule schedule = Schedule::Resume(options_.plan, point.position, point.scheduled, now, &late);
  log::Info("taking over", {{"step", std::string(coordination::ChurnStepName(point.position.step))},
                            {"cycle", std::to_string(point.position.cycle)},
                            {"since", FormatTime(point.position.since)},
                            {"late", late ? "true" : "false"}});
  KeepPace(schedule, now);
  const auto tick = schedule.Advance(now);
  for (const ScaleEvent& event : tick.due) state_.Scaling(event);
  std::vector<std::uint32_t> replicas;
  for (std::uint32_t i = 0; i < names_.size(); ++i) {
    replicas.push_back(schedule.TargetOf(i));
    state_.SetTarget(i, schedule.TargetOf(i));
  }
  const Status ensured = Ensure(replicas, stop);
  if (!ensured) return {Ending::kFailed, ReasonOf(ensured.error()), ensured.error().message};
  state_.SetReason("", "");
  state_.SetReady();
  // Lost truth: what is there now becomes the state that clients start again from.
  while (!state_.Synced() && !stop.stop_requested()) state_.Wait(stop, clock_.Wall() + kReportEvery, {}, true);
  StartPublishing();
  for (const ScaleEvent& event : tick.due) {
    if (event.counted) scaler_->Submit(event);
  }
  if (late) schedule.Postpone(clock_.Wall());  // what comes next is due now, and not when we began to look around
  return Play(schedule, stop);
}

ChurnWorker::End ChurnWorker::Play(Schedule& schedule, const std::stop_token& stop) {
  bool stopping = false;
  while (!stop.stop_requested()) {
    if (!stopping && state_.Raised(Signal::kStop)) {
      stopping = true;
      schedule.Stop();
    }
    if (!stopping) {
      KeepPace(schedule, clock_.Wall());
      LetCatchUp(schedule, stop);
    }
    const auto tick = schedule.Advance(clock_.Wall());
    for (const ScaleEvent& event : tick.due) {
      state_.Scaling(event);
      scaler_->Submit(event);
    }
    if (tick.finished) {
      End end = Conclude(tick.position, stop);
      if (end.ending == Ending::kDone && stopping) end.ending = Ending::kStopped;
      return end;
    }
    state_.SetPosition(tick.position);
    if (stopping) {
      state_.Wait(stop, tick.next, {});
    } else {
      state_.Wait(stop, tick.next, {Signal::kStop, Signal::kPace});
    }
  }
  return {Ending::kInterrupted, {}, {}};
}

ChurnWorker::End ChurnWorker::Conclude(const Position& finished, const std::stop_token& stop) {
  if (state_.View().ready && !state_.Wait(stop, clock_.Wall() + kConvergence, {}, true) && !stop.stop_requested()) {
    const RunView view = state_.View();
    Note(
        {reason::kNotConverged, fmt::format("{} of {} endpoints {} after the last scale event", view.progress.endpoints,
                                            view.progress.target_endpoints, FormatDuration(kConvergence))});
  }
  if (stop.stop_requested()) return {Ending::kInterrupted, {}, {}};
  const RunView view = state_.View();
  state_.SetPosition(finished);
  log::Info("finished", {{"changes", std::to_string(view.snapshot.changes)}});
  if (session_ && !state_.Wait(stop, std::nullopt, {Signal::kRelease})) return {Ending::kInterrupted, {}, {}};
  return {};
}

Status ChurnWorker::Ensure(const std::vector<std::uint32_t>& replicas, const std::stop_token& stop) {
  const MonoTime forbidden_until = clock_.Mono() + kForbiddenFor;
  const auto over = [&] { return stop.stop_requested() || state_.Raised(Signal::kStop); };
  for (Micros backoff = 200ms;; backoff = std::min<Micros>(2 * backoff, 5s)) {
    const Status status = workload_.Ensure(
        replicas, [&] { return !over(); }, [this] { state_.CountServiceCreated(); });
    if (status || over()) return {};
    const bool hopeful =
        IsTransient(status.error()) || (IsForbidden(status.error()) && clock_.Mono() < forbidden_until);
    if (!hopeful) return status;
    Note({ReasonOf(status.error()), status.error().message});
    state_.Wait(stop, clock_.Wall() + backoff, {Signal::kStop});
  }
}

bool ChurnWorker::AwaitEndpoints(const std::stop_token& stop) {
  while (!stop.stop_requested() && !state_.Raised(Signal::kStop)) {
    state_.Wait(stop, clock_.Wall() + kDiagnoseEvery, {Signal::kStop}, true);
    if (state_.Converged()) {
      state_.SetReason("", "");
      return true;
    }
    if (stop.stop_requested()) break;
    const RunView view = state_.View();
    Note(workload_.Diagnose(view.progress.endpoints, view.progress.target_endpoints));
  }
  return false;
}

void ChurnWorker::Note(const Trouble& trouble) {
  if (state_.View().progress.reason != trouble.reason) {
    log::Warn("waiting", {{"reason", trouble.reason}, {"message", trouble.message}});
  }
  state_.SetReason(trouble.reason, trouble.message);
}

void ChurnWorker::StartPublishing() {
  state_.StartPublishing([this](const measure::TruthState& state) {
    if (session_) session_->SetState(state);
  });
}

void ChurnWorker::StartThreads() {
  scaler_ = std::make_unique<Scaler>(
      options_.plan.services, kScaleThreads, clock_,
      [this](const ScaleEvent& event) { return workload_.Scale(event.service, event.to); },
      [this](const ScaleAttempt& attempt) {
        state_.OnAttempt(attempt);
        if (attempt.first && !attempt.status) log::Warn("scale failed", {{"error", attempt.status.error().message}});
      });
  watch_ = std::jthread([this](std::stop_token stop) {
    NameThread("churn-watch");
    kube::WatcherOptions options;
    options.ns = options_.ns;
    options.label_selector = SliceSelector(options_.test_name);
    kube::Watcher watcher(client_, kube::kEndpointSlices, std::move(options), clock_);
    watcher.Run(std::move(stop), [this](const kube::WatchEvent& event) { state_.OnWatch(event); });
  });
  StartReports();
}

void ChurnWorker::StartLooking() {
  look_out_.emplace("churn-look", kLookEvery, [this, watch = ClockWatch()](const std::stop_token&) mutable {
    if (const auto jump = watch.Look(clock_.Machine())) {
      state_.CountClockJump();
      log::Warn("the wall clock was set: no matter, times here go on from the start's",
                {{"by", fmt::format("{}us", jump->count())}});
    }
    state_.RecordEndpoints();
  });
  if (!options_.scrape) return;
  const auto scraper = std::make_shared<DestinationScraper>(*options_.scrape, clock_);
  scrape_.emplace("churn-scrape", options_.scrape->interval,
                  [this, scraper](const std::stop_token& stop) { state_.SetDestination(scraper->Scrape(stop)); });
}

void ChurnWorker::StartReports() {
  if (!session_) return;
  report_ = std::jthread([this](std::stop_token stop) {
    NameThread("churn-report");
    while (!stop.stop_requested()) {
      const RunView view = state_.View();
      session_->Report(view.progress, view.snapshot);
      state_.WaitForStep(stop, view.steps, kReportEvery);
    }
  });
}

}  // namespace dst_load::workers::churn
