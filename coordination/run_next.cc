#include "coordination/run.h"

namespace dst_load::coordination {
namespace {

/// What two probes say of two clocks. Clocks that may as well be one, as on one host, are not corrected by noise.
ClockOffset Between(const ClockEstimate::Offset& client, const ClockEstimate::Offset& churn) {
  const Micros offset = client.offset - churn.offset;
  const Micros error = client.error + churn.error;
  return {offset > error || offset < -error ? offset : Micros{0}, error};
}

}  // namespace

// Whoever is told that its last report has arrived goes, and cannot tell it to another coordinator. Once the results
// are taken none is to come.
bool Run::MayAcknowledge(const Worker& worker) const {
  const bool to_be_kept = spec_.checkpointed && stage_ != Stage::kReleased && SaidLastWords(worker);
  return !to_be_kept || worker.last_words_kept;
}

std::optional<Directive> Run::Next(AttachmentId id, WallTime wall, MonoTime now) {
  Worker* worker = Find(id);
  if (worker == nullptr) return std::nullopt;
  if (!worker->welcomed) {
    worker->welcomed = true;
    worker->suspend_told = spec_.suspended;
    return MakeWelcome(*worker);
  }
  if (worker->acked_number < worker->report_number && now >= worker->ack_due && MayAcknowledge(*worker)) {
    worker->acked_number = worker->report_number;
    return AckDirective{worker->report_number};
  }
  // One probe at a time; its answer is what keeps a quiet worker attached.
  if (!worker->probe_sent && now >= worker->next_probe) {
    worker->next_probe = now + kProbeEvery;
    worker->probe_sent = wall;
    return ProbeDirective{wall};
  }
  if (auto directive = worker->churn ? NextForChurn(*worker) : NextForClient(*worker, now)) return directive;
  if (stage_ == Stage::kReleased && !worker->release_sent) {
    worker->release_sent = true;
    return ReleaseDirective{};
  }
  return std::nullopt;
}

std::optional<Directive> Run::NextForChurn(Worker& worker) {
  // Before the start: a run that is suspended must not begin its first cycle.
  if (worker.suspend_told != spec_.suspended) {
    worker.suspend_told = spec_.suspended;
    return PaceDirective{spec_.suspended};
  }
  const bool ready = worker.churn_report && worker.churn_report->progress.step == ChurnStep::kReady;
  if (stage_ == Stage::kRunning && ready && !stop_asked_ && !worker.start_sent) {
    worker.start_sent = true;
    return StartDirective{};
  }
  const bool over = worker.churn_report && worker.churn_report->progress.step >= ChurnStep::kFinished;
  if (stop_asked_ && !over && !worker.stop_sent) {
    worker.stop_sent = true;
    return StopDirective{};
  }
  return std::nullopt;
}

// A better estimate, or one that the clocks have drifted away from.
std::optional<ClockOffset> Run::NewClockOffset(const Worker& client) const {
  const Worker* churn = AttachedChurn();
  if (churn == nullptr) return std::nullopt;
  const auto ours = client.clock.Best(), theirs = churn->clock.Best();
  if (!ours || !theirs) return std::nullopt;
  const ClockOffset now = Between(*ours, *theirs);
  if (!client.clock_told) return now;
  const Micros moved = now.offset - client.clock_told->offset;
  const bool drifted = moved > now.error || moved < -now.error;
  return drifted || 2 * now.error <= client.clock_told->error ? std::optional(now) : std::nullopt;
}

bool Run::IsCurrent(const Worker& client, MonoTime now) const {
  const Worker* churn = AttachedChurn();
  if (churn == nullptr || now - churn->attached_at < kChurnSettled || now - churn->last_heard > kChurnFresh)
    return false;
  if (progress_ && progress_->last_seq > truth_.Last()) return false;  // on its way to us
  return client.truth_known && truth_.Known() && *client.truth_known >= truth_.Last();
}

std::optional<Directive> Run::NextForClient(Worker& worker, MonoTime now) {
  // Before the truth: what is early is judged by the corrected clock.
  if (const auto offset = NewClockOffset(worker)) {
    worker.clock_told = offset;
    return ClockOffsetDirective{*offset};
  }
  if (auto truth = NextTruth(worker)) return truth;
  if (now - worker.current_told >= kCurrentEvery && IsCurrent(worker, now)) {
    worker.current_told = now;
    return TruthCurrentDirective{};
  }
  const bool draining = stage_ == Stage::kDraining || stage_ == Stage::kConcluded;
  if (draining && !worker.drain_sent) {
    worker.drain_sent = true;
    return DrainDirective{drain_seq_};
  }
  return std::nullopt;
}

std::optional<Directive> Run::NextTruth(Worker& worker) {
  if (!truth_.Known()) return std::nullopt;
  if (worker.truth_known) {
    // It may know more than we do, from an earlier coordinator: then we wait for churn to tell us.
    if (*worker.truth_known >= truth_.Last()) return std::nullopt;
    if (auto changes = truth_.Since(*worker.truth_known, kTruthBatch)) {
      worker.truth_known = changes->back().seq;
      return TruthUpdate{std::nullopt, std::move(*changes)};
    }
  }
  worker.truth_known = truth_.Last();
  return TruthUpdate{truth_.State(), {}};
}

WelcomeDirective Run::MakeWelcome(const Worker& worker) const {
  WelcomeDirective out{{started_, std::nullopt, std::nullopt, worker.churn && spec_.suspended}, std::nullopt};
  if (!worker.churn) return out;
  const bool own = worker.attachment && attached_.at(*worker.attachment) == churn_instance_;
  if (!own) out.welcome.last_progress = progress_;
  if (truth_.Known()) {
    out.truth_seq = truth_.Last();
    auto state = truth_.State();
    // Clients know a newer truth than we do, and the churn worker that told it may be gone: whoever goes on from our
    // state must not use those numbers again.
    if (newest_known_ > state.seq) state.seq = newest_known_ + 1;
    out.welcome.truth = TruthUpdate{std::move(state), {}};
  }
  return out;
}

}  // namespace dst_load::coordination
