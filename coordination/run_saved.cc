// What another coordinator goes on from.
#include <algorithm>
#include <utility>

#include "coordination/run.h"

namespace dst_load::coordination {

Saved Run::Save() const {
  Saved saved{started_, streams_peak_, clients_most_, progress_, std::nullopt, {}};
  if (truth_.Known()) saved.truth = truth_.State();
  for (const auto& [instance, worker] : workers_) {
    const bool counted = worker.client || worker.churn_report || worker.fold == Worker::Fold::kMember;
    const bool stays = worker.attachment && !SaidLastWords(worker);
    if (!stays && (counted || worker.took_part)) {
      saved.workers.emplace(instance, worker);
    } else if (stays && worker.took_part) {
      Worker& present = saved.workers[instance];
      present.pod = worker.pod;
      present.took_part = true;
      present.ended = worker.ended;
      present.why = worker.why;
    }
  }
  return saved;
}

void Run::Kept(std::uint64_t save_revision) {
  for (auto& [instance, worker] : workers_) {
    if (worker.last_words_in != 0 && worker.last_words_in <= save_revision) worker.last_words_kept = true;
  }
}

void Run::Restore(Saved saved, MonoTime now) {
  started_ = saved.started;
  streams_peak_ = saved.streams_peak;
  clients_most_ = saved.clients_most;
  progress_ = std::move(saved.progress);
  if (saved.truth) truth_.Reset(std::move(*saved.truth));
  workers_ = std::move(saved.workers);
  for (auto& [instance, worker] : workers_) {
    report_bytes_ += worker.client ? worker.client->packed.size() : 0;
    worker.away_since = now;
    worker.last_words_kept = SaidLastWords(worker);
  }
  if (started_) {
    stage_ = Stage::kRunning;
    clients_most_ = std::max(clients_most_, spec_.clients_expected);
  }
  Changed(now);
}

}  // namespace dst_load::coordination
