#include <algorithm>

#include <fmt/format.h>

#include "base/duration.h"
#include "coordination/run.h"
#include "coordination/worker_session.h"
#include "measure/isolation.h"
#include "measure/saturation.h"

namespace dst_load::coordination {
namespace {

constexpr std::size_t kMaxViewOffences = 20;
constexpr std::size_t kMaxViewLost = 20;

const std::string& NameOf(const std::string& instance, const Worker& worker) {
  return worker.pod.empty() ? instance : worker.pod;
}

/// Not attached, without a final report.
bool IsUnfinished(const Worker& worker) {
  if (worker.attachment) return false;
  if (worker.churn) return worker.churn_report && worker.churn_report->progress.step < ChurnStep::kFinished;
  if (worker.fold == Worker::Fold::kSum) return false;
  const bool counted = worker.client || worker.fold == Worker::Fold::kMember || worker.took_part;
  return counted && !HasConcluded(worker) && !HasRetired(worker);
}

/// Gone for good before the end of the run: what is pending on it nobody will learn any more.
bool GaveUp(const Worker& worker) {
  const Fate fate = FateOf(worker);
  return fate == Fate::kRetired || fate == Fate::kLost || fate == Fate::kLeft;
}

WorkerView ViewOf(const std::string& instance, const Worker& worker, MonoTime now) {
  WorkerView view;
  view.instance = instance;
  view.pod = worker.pod;
  view.churn = worker.churn;
  view.attached = worker.attachment.has_value();
  view.concluded = HasConcluded(worker);
  if (worker.client) view.trouble = worker.client->status.trouble;
  if (const auto offset = worker.clock.Best()) {
    view.clock_offset = offset->offset;
    view.clock_error = offset->error;
  }
  view.fate = FateOf(worker);
  view.why = worker.why;
  if (!worker.attachment) view.away = now - worker.away_since;
  if (worker.attached_at != MonoTime{}) view.attached_ago = now - worker.attached_at;
  return view;
}

}  // namespace

std::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kGathering:
      return "Gathering";
    case Stage::kRunning:
      return "Running";
    case Stage::kDraining:
      return "Draining";
    case Stage::kConcluded:
      return "Concluded";
    case Stage::kReleased:
      return "Released";
  }
  return "Unknown";
}

measure::RunFacts Run::Facts() const {
  measure::RunFacts facts;
  facts.started = started_;
  facts.finished = started_ && stage_ >= Stage::kConcluded && ChurnIsAt(ChurnStep::kFinished, ChurnStep::kCleaned);
  facts.clients_expected = spec_.clients_expected;
  facts.clients_most = std::max(clients_most_, spec_.clients_expected);
  for (const auto& [instance, worker] : workers_) {
    if (worker.churn) continue;
    const Fate fate = FateOf(worker);
    if (fate == Fate::kConcluded) {
      ++facts.clients_concluded;
      facts.streams_at_end += coordination::StreamsJoined(worker);
    }
    if (fate == Fate::kRetired) ++facts.clients_retired;
    if (GaveUp(worker) && worker.client) facts.abandoned += worker.client->pending;
    if (fate != Fate::kLost || ++facts.clients_lost > kMaxViewLost) continue;
    facts.lost.push_back(NameOf(instance, worker) + (worker.why.empty() ? "" : ": " + worker.why));
  }
  facts.streams_expected = spec_.streams_expected;
  facts.streams_peak = streams_peak_;
  return facts;
}

Run::Frozen Run::Freeze(MonoTime now) const {
  Frozen frozen;
  RunView& view = frozen.view;
  view.stage = stage_;
  view.churn_attached = AttachedChurn() != nullptr;
  view.suspended = spec_.suspended;
  if (progress_) view.progress = *progress_;
  view.facts = Facts();
  for (const auto& [instance, worker] : workers_) {
    const bool there = IsThere(worker);
    view.workers.push_back(ViewOf(instance, worker, now));
    if (IsUnfinished(worker)) ++view.workers_lost;
    const std::string& name = NameOf(instance, worker);
    if (worker.churn_report) view.churn.Merge(worker.churn_report->snapshot);
    if (worker.churn_report && worker.churn_report->snapshot.clock_jumps > 0) view.facts.clock_jumped.push_back(name);
    if (worker.churn_report && worker.churn_report->progress.step > ChurnStep::kReady) ++frozen.churns_begun;
    if (!worker.churn && there) ++view.clients_attached;
    if (!worker.client) continue;
    frozen.clients.push_back({worker.client, there, name});
    if (there && HasJoined(*worker.client)) ++view.clients_joined;
    for (const auto& offence : worker.client->status.offences) {
      if (view.offences.size() < kMaxViewOffences) view.offences.push_back(fmt::format("{}: {}", name, offence));
    }
    if (there && !worker.client->status.trouble.empty()) view.trouble = worker.client->status.trouble;
  }
  if (view.progress.step == ChurnStep::kFailed || view.trouble.empty()) {
    if (!view.progress.message.empty()) view.trouble = view.progress.message;
  }
  return frozen;
}

MergedReports MergeReports(const std::vector<Run::Frozen::Part>& clients) {
  MergedReports merged;
  for (const auto& part : clients) {
    auto snapshot = UnpackClient(*part.report);
    if (!part.there) {
      // Gauges tell of now, and it is not here now.
      snapshot.streams_target = snapshot.streams_open = snapshot.streams_joined = snapshot.streams_settled = 0;
    }
    if (snapshot.clock_jumps > 0) merged.clock_jumped.push_back(part.name);
    if (const auto why = measure::Saturation(snapshot.lag)) merged.saturated.push_back(part.name + ": " + *why);
    merged.clients.Merge(snapshot);
  }
  // Only all clients together have enough samples of both kinds.
  if (const auto isolation = measure::JudgeIsolation(merged.clients); isolation && !isolation->holds) {
    ++merged.clients.violations[static_cast<std::size_t>(measure::Invariant::kSlowReaderIsolation)];
    merged.offence = fmt::format("slow_reader_isolation: p99 of the streams beside them is {}, of those elsewhere {}",
                                 HumanDuration(isolation->beside), HumanDuration(isolation->control));
  }
  return merged;
}

RunView FillView(const Run::Frozen& frozen, const MergedReports& merged) {
  RunView view = frozen.view;
  view.clients = merged.clients;
  auto& jumped = view.facts.clock_jumped;
  jumped.insert(jumped.end(), merged.clock_jumped.begin(), merged.clock_jumped.end());
  view.facts.saturated = merged.saturated;
  view.facts.clock_lost = !jumped.empty() && frozen.churns_begun > 1;
  if (!merged.offence) return view;
  if (view.offences.size() == kMaxViewOffences) view.offences.pop_back();
  view.offences.push_back(*merged.offence);
  return view;
}

}  // namespace dst_load::coordination
