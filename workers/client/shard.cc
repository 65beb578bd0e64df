#include "workers/client/shard.h"

#include <future>
#include <utility>

#include "workers/client/shard_core.h"

namespace dst_load::workers {

Shard::Shard(ShardConfig config, const Clock& clock) : core_(std::make_unique<Core>(std::move(config), clock)) {
  core_->Loop().Start(*core_);
}

Shard::~Shard() { Stop(); }

void Shard::Start() {
  core_->Loop().Post([core = core_.get()] { core->Begin(); });
}

void Shard::Apply(std::shared_ptr<const coordination::TruthUpdate> truth) {
  core_->Loop().Post([core = core_.get(), truth = std::move(truth)] { core->Apply(*truth); });
}

void Shard::SetClock(const coordination::ClockOffset& offset) {
  core_->Loop().Post([core = core_.get(), offset] { core->SetClock(offset); });
}

void Shard::TruthIsCurrent() {
  core_->Loop().Post([core = core_.get()] { core->TruthIsCurrent(); });
}

void Shard::KeepOpen() {
  core_->Loop().Post([core = core_.get()] { core->KeepOpen(); });
}

void Shard::Conclude(measure::Seq last_seq) {
  core_->Loop().Post([core = core_.get(), last_seq] { core->Conclude(last_seq); });
}

void Shard::Close() {
  core_->Loop().Post([core = core_.get()] { core->Close(); });
}

void Shard::Stop() {
  Close();
  core_->Loop().Stop();
}

ShardView Shard::View() {
  std::promise<ShardView> answer;
  auto view = answer.get_future();
  core_->Loop().Post([core = core_.get(), &answer] { answer.set_value(core->View()); });
  return view.get();
}

}  // namespace dst_load::workers
