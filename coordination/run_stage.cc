// Through which stages a run goes: the barrier, churn, the drain.
#include <algorithm>

#include "coordination/run.h"

namespace dst_load::coordination {

void Run::Changed(MonoTime now) {
  ++revision_;
  streams_peak_ = std::max(streams_peak_, StreamsJoined());
  while (Step(now)) {
  }
}

void Run::Enter(Stage stage) {
  stage_ = stage;
  ++revision_;
  ++save_revision_;
  if (stage != Stage::kRunning) return;
  clients_most_ = std::max(clients_most_, spec_.clients_expected);
  for (auto& [instance, worker] : workers_) TakePart(worker);
}

bool Run::ChurnIsAt(ChurnStep from, ChurnStep to) const {
  return progress_ && progress_->step >= from && progress_->step <= to;
}

bool Run::Step(MonoTime now) {
  switch (stage_) {
    case Stage::kGathering:
      return StepFromGathering(now);
    case Stage::kRunning:
      if (ChurnIsAt(ChurnStep::kFinished, ChurnStep::kCleaned) ||
          (stop_asked_ && ChurnIsAt(ChurnStep::kFailed, ChurnStep::kFailed))) {
        BeginDrain(now);
        return true;
      }
      return false;
    case Stage::kDraining:
      if (EverybodyConcluded() || now - drain_began_ >= spec_.drain_deadline) {
        EndUnfinished();
        Enter(Stage::kConcluded);
        return true;
      }
      return false;
    case Stage::kConcluded:
    case Stage::kReleased:
      return false;
  }
  return false;
}

bool Run::StepFromGathering(MonoTime now) {
  // A churn worker that is under way was started by an earlier coordinator.
  if (ChurnIsAt(ChurnStep::kStable, ChurnStep::kCleaned) || BarrierReached()) {
    started_ = true;
    Enter(Stage::kRunning);
    return true;
  }
  if (!stop_asked_) return false;
  BeginDrain(now);
  return true;
}

void Run::BeginDrain(MonoTime now) {
  drain_began_ = now;
  const bool finished = ChurnIsAt(ChurnStep::kFinished, ChurnStep::kCleaned);
  drain_seq_ = finished ? progress_->last_seq : truth_.Last();
  Enter(Stage::kDraining);
}

bool Run::BarrierReached() const {
  if (!ChurnIsAt(ChurnStep::kReady, ChurnStep::kReady) || AttachedChurn() == nullptr) return false;
  std::uint64_t clients = 0;
  for (const auto& [id, instance] : attached_) {
    const auto& worker = workers_.at(instance);
    if (IsThere(worker) && worker.client && HasJoined(*worker.client)) ++clients;
  }
  return clients >= spec_.clients_expected && StreamsJoined() >= spec_.streams_expected;
}

std::uint64_t Run::StreamsJoined() const {
  std::uint64_t joined = 0;
  for (const auto& [id, instance] : attached_) {
    const auto& worker = workers_.at(instance);
    if (IsThere(worker)) joined += coordination::StreamsJoined(worker);
  }
  return joined;
}

bool Run::EverybodyConcluded() const {
  std::uint64_t done = 0;  // or will never be
  for (const auto& [instance, worker] : workers_) {
    if (worker.churn) continue;
    const Fate fate = FateOf(worker);
    if (fate == Fate::kPresent || (fate == Fate::kAway && worker.took_part)) return false;
    if (fate == Fate::kConcluded || fate == Fate::kLost) ++done;
  }
  return done >= spec_.clients_expected;
}

}  // namespace dst_load::coordination
