// What becomes of the clients of a run: who is away, and who will not come back.
#include <algorithm>
#include <map>
#include <vector>

#include "coordination/run.h"
#include "coordination/wire.h"

namespace dst_load::coordination {

std::string_view FateName(Fate fate) {
  switch (fate) {
    case Fate::kPresent:
      return "Present";
    case Fate::kAway:
      return "Away";
    case Fate::kConcluded:
      return "Concluded";
    case Fate::kRetired:
      return "Retired";
    case Fate::kLost:
      return "Lost";
    case Fate::kLeft:
      return "Left";
  }
  return "Unknown";
}

Fate FateOf(const Worker& worker) {
  if (HasConcluded(worker)) return Fate::kConcluded;
  if (HasRetired(worker)) return Fate::kRetired;
  if (worker.attachment && !worker.ended) return Fate::kPresent;
  // What was added up with others cannot come back.
  if (!worker.ended && worker.fold == Worker::Fold::kNo) return Fate::kAway;
  return worker.took_part ? Fate::kLost : Fate::kLeft;
}

void Run::TakePart(Worker& worker) {
  const bool under_way = started_ && stage_ < Stage::kConcluded;
  if (!under_way || worker.took_part || !worker.attachment || !worker.client) return;
  worker.took_part = true;
  ++save_revision_;
}

bool Run::End(Worker& worker, const std::string& why) {
  const Fate fate = FateOf(worker);
  const bool news = fate == Fate::kAway || (fate == Fate::kLost && worker.why.empty() && !why.empty());
  if (worker.churn || !news || stage_ >= Stage::kConcluded) return false;
  worker.ended = true;
  worker.why = ClipText(why, kMaxName);
  ++save_revision_;
  return true;
}

void Run::EndClient(const std::string& instance, const std::string& why, MonoTime now) {
  const auto found = workers_.find(instance);
  if (found != workers_.end() && End(found->second, why)) Changed(now);
}

// The run concludes: who has not delivered by now is lost, wherever it is; or has left, if it never took part.
void Run::EndUnfinished() {
  for (auto& [instance, worker] : workers_) {
    const Fate fate = FateOf(worker);
    if (worker.churn || (fate != Fate::kAway && fate != Fate::kPresent)) continue;
    worker.ended = true;
    worker.why = "did not deliver its final figures";
  }
}

// Those that have been away for too long, and those whose Pod runs another process by now.
bool Run::EndThoseAway(MonoTime now) {
  std::vector<Worker*> away;
  for (auto& [instance, worker] : workers_) {
    if (FateOf(worker) == Fate::kAway) away.push_back(&worker);
  }
  if (away.empty()) return false;
  std::map<std::string, MonoTime> newest;  // attachment, by Pod
  for (const auto& [id, instance] : attached_) {
    const Worker& worker = workers_.at(instance);
    if (!worker.churn && !worker.pod.empty()) newest[worker.pod] = std::max(newest[worker.pod], worker.attached_at);
  }
  bool any = false;
  for (Worker* worker : away) {
    const auto next = newest.find(worker->pod);
    // Nobody could have come back while nobody at all did.
    const MonoTime since = std::max(worker->away_since, somebody_since_);
    const bool for_too_long = !attached_.empty() && now - since >= kMayReturn;
    const bool replaced = next != newest.end() && next->second >= worker->attached_at;
    if (replaced || for_too_long) any = End(*worker, "") || any;
  }
  return any;
}

}  // namespace dst_load::coordination
