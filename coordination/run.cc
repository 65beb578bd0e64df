#include "coordination/run.h"

#include <algorithm>

#include "base/clock_watch.h"

namespace dst_load::coordination {
namespace {

/// A new churn worker's clock is compared with those before it: time for a probe of a short round trip, and for no
/// drift.
constexpr Micros kClocksCompared = std::chrono::minutes{1};
constexpr double kMostAckWait = 60;  // seconds: figures are not older than that, whatever it takes

}  // namespace

bool HasJoined(const ClientReport& report) {
  return report.streams_target > 0 && report.streams_joined == report.streams_target;
}

bool HasConcluded(const Worker& worker) {
  return worker.folded_concluded || (worker.client && worker.client->status.concluded);
}

bool HasRetired(const Worker& worker) {
  return worker.folded_retired || (worker.client && worker.client->status.retired);
}

bool SaidLastWords(const Worker& worker) { return worker.client && worker.client->status.retired; }

bool IsThere(const Worker& client) { return client.attachment.has_value() && !SaidLastWords(client); }

std::uint64_t StreamsJoined(const Worker& worker) {
  return worker.client ? worker.client->streams_joined : worker.folded_joined;
}

Worker* Run::Find(AttachmentId id) {
  const auto it = attached_.find(id);
  return it == attached_.end() ? nullptr : &workers_.at(it->second);
}

const Worker* Run::AttachedChurn() const {
  for (const auto& [id, instance] : attached_) {
    const auto& worker = workers_.at(instance);
    if (worker.churn) return &worker;
  }
  return nullptr;
}

std::vector<AttachmentId> Run::Attachments() const {
  std::vector<AttachmentId> ids;
  ids.reserve(attached_.size());
  for (const auto& [id, instance] : attached_) ids.push_back(id);
  return ids;
}

// ---- Workers come and go ----

Result<std::vector<AttachmentId>> Run::Attach(AttachmentId id, const Greeting& greeting, MonoTime now) {
  const auto known = workers_.find(greeting.instance);
  if (known == workers_.end() && workers_.size() >= kMaxInstances) {
    return Fail(Code::kThrottled, "attach worker " + greeting.instance + ": too many instances");
  }
  if (known != workers_.end() && (known->second.superseded || known->second.churn != greeting.churn)) {
    return Fail(Code::kConflict, "attach worker " + greeting.instance + ": another one took its place");
  }
  if (attached_.empty()) somebody_since_ = now;
  // A checkpoint may hold what it had counted when it went.
  if (known != workers_.end()) ++save_revision_;
  Worker& worker = workers_[greeting.instance];
  std::vector<AttachmentId> ended;
  if (worker.attachment) ended.push_back(*worker.attachment);
  Worker fresh;
  fresh.churn = greeting.churn;
  fresh.pod = greeting.pod;
  fresh.attachment = id;
  fresh.client = worker.client;
  fresh.churn_report = worker.churn_report;
  fresh.last_words_in = worker.last_words_in;
  fresh.last_words_kept = worker.last_words_kept;
  fresh.took_part = worker.took_part;
  if (stage_ >= Stage::kConcluded) {  // too late
    fresh.ended = worker.ended;
    fresh.why = worker.why;
  }
  fresh.clock = worker.clock;
  fresh.truth_known = greeting.truth_seq;
  fresh.last_heard = now;
  fresh.attached_at = now;
  worker = std::move(fresh);
  if (greeting.churn) Supersede(greeting.instance, ended);
  if (greeting.truth_seq) newest_known_ = std::max(newest_known_, *greeting.truth_seq);
  for (const auto old : ended) attached_.erase(old);
  attached_.emplace(id, greeting.instance);
  EndThoseAway(now);
  Changed(now);
  return ended;
}

void Run::Supersede(const std::string& by, std::vector<AttachmentId>& ended) {
  for (auto& [instance, worker] : workers_) {
    if (!worker.churn || instance == by) continue;
    worker.superseded = true;
    if (worker.attachment) ended.push_back(*worker.attachment);
    worker.attachment.reset();
  }
}

void Run::Detach(AttachmentId id, MonoTime now) {
  Worker* worker = Find(id);
  if (worker == nullptr) return;
  worker->attachment.reset();
  worker->away_since = now;
  attached_.erase(id);
  if (worker->client || worker->churn_report) ++save_revision_;
  Changed(now);
}

// ---- What they say ----

// Only the report that concludes is exempt, not those after it; last words are said once an attachment.
Micros Run::AckWait(const Worker& before, const ClientReport& report) const {
  const bool concludes = report.status.concluded && !HasConcluded(before);
  if (concludes || report.status.retired) return Micros{0};
  const double seconds = static_cast<double>(report.packed.size()) / report_pace_;
  const Micros wait{static_cast<std::int64_t>(std::min(seconds, kMostAckWait) * 1e6)};
  return wait > kClientsOwnPace ? wait : Micros{0};
}

Status Run::OnClient(AttachmentId id, ClientReport report, std::uint64_t number, MonoTime now) {
  Worker* worker = Find(id);
  if (worker == nullptr) return {};
  if (worker->churn) return Fail(Code::kInvalid, "client report of a churn worker");
  worker->last_heard = now;
  worker->report_number = number;
  const std::size_t without = report_bytes_ - (worker->client ? worker->client->packed.size() : 0);
  if (without + report.packed.size() > spec_.max_report_bytes) {
    return Fail(Code::kThrottled, "client report: the run's reports are too large");
  }
  report_bytes_ = without + report.packed.size();
  worker->ack_due = now + AckWait(*worker, report);
  ++reports_taken_;
  worker->client = std::make_shared<const ClientReport>(std::move(report));
  TakePart(*worker);
  if (SaidLastWords(*worker) && worker->last_words_in == 0) worker->last_words_in = ++save_revision_;
  Changed(now);
  return {};
}

Status Run::OnChurn(AttachmentId id, ChurnReport report, std::uint64_t number, MonoTime now) {
  Worker* worker = Find(id);
  if (worker == nullptr) return {};
  if (!worker->churn) return Fail(Code::kInvalid, "churn report of a client");
  worker->last_heard = now;
  worker->report_number = number;
  if (!progress_ || progress_->cycle != report.progress.cycle) ++save_revision_;
  progress_ = report.progress;
  churn_instance_ = attached_.at(id);
  worker->churn_report = std::move(report);
  Changed(now);
  return {};
}

Status Run::OnTruth(AttachmentId id, TruthUpdate update, MonoTime now) {
  Worker* worker = Find(id);
  if (worker == nullptr) return {};
  if (!worker->churn) return Fail(Code::kInvalid, "truth of a client");
  worker->last_heard = now;
  if (update.state) {
    // A state that goes back behind ours, or contradicts it, is of another history: no client's place in ours counts.
    const auto before = truth_.State();
    const bool known = truth_.Known();
    truth_.Reset(std::move(*update.state));
    const auto& after = truth_.State();
    if (known && (after.seq < before.seq || (after.seq == before.seq && after.services != before.services))) {
      for (auto& [instance, each] : workers_) each.truth_known.reset();
    }
  }
  return truth_.Append(update.changes);
}

Status Run::OnTruthRequest(AttachmentId id, MonoTime now) {
  Worker* worker = Find(id);
  if (worker == nullptr) return {};
  if (worker->churn) return Fail(Code::kInvalid, "truth request of a churn worker");
  worker->last_heard = now;
  worker->truth_known.reset();
  return {};
}

void Run::OnClockReply(AttachmentId id, WallTime sent, WallTime theirs, WallTime arrived, MonoTime now) {
  Worker* worker = Find(id);
  if (worker == nullptr || worker->probe_sent != sent) return;
  worker->last_heard = now;
  worker->probe_sent.reset();
  worker->clock.Add(sent, theirs, arrived);
  // Later on, that clocks run apart would look like one that was set.
  const bool young = now - worker->attached_at < kClocksCompared;
  if (worker->churn && young && NoticeOtherTime(*worker)) Changed(now);
}

// A clock that was set while no churn worker was there to see it. Told as one of those that are gone would have.
bool Run::NoticeOtherTime(const Worker& churn) {
  const auto ours = churn.clock.Best();
  bool any = false;
  for (auto& [instance, before] : workers_) {
    const auto theirs = before.clock.Best();
    const bool began = before.churn_report && before.churn_report->progress.step > ChurnStep::kReady;
    if (!before.superseded || !began || !ours || !theirs || before.churn_report->snapshot.clock_jumps > 0) continue;
    const Micros moved = ours->offset - theirs->offset, bound = ClockWatch::kBound + ours->error + theirs->error;
    if (-bound <= moved && moved <= bound) continue;
    ++before.churn_report->snapshot.clock_jumps;
    ++save_revision_;
    any = true;
  }
  return any;
}

// ---- What the owner of the run wants ----

void Run::Expect(std::uint64_t clients, std::uint64_t streams, MonoTime now) {
  if (spec_.clients_expected == clients && spec_.streams_expected == streams) return;
  spec_.clients_expected = clients;
  spec_.streams_expected = streams;
  if (started_ && clients > clients_most_) {
    clients_most_ = clients;
    ++save_revision_;
  }
  Changed(now);
}

void Run::Suspend(bool suspended, MonoTime now) {
  if (spec_.suspended == suspended) return;
  spec_.suspended = suspended;
  Changed(now);
}

void Run::Stop(MonoTime now) {
  if (stop_asked_) return;
  stop_asked_ = true;
  Changed(now);
}

void Run::Release(MonoTime now) {
  if (stage_ == Stage::kReleased) return;
  Enter(Stage::kReleased);
  Changed(now);
}

std::vector<AttachmentId> Run::Tick(MonoTime now) {
  if (EndThoseAway(now) || Step(now)) Changed(now);
  std::vector<AttachmentId> silent;
  for (const auto& [id, instance] : attached_) {
    if (now - workers_.at(instance).last_heard > kSilence) silent.push_back(id);
  }
  return silent;
}

}  // namespace dst_load::coordination
