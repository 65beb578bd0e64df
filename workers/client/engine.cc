#include "workers/client/engine.h"

#include <algorithm>

#include "base/random.h"
#include "workers/client/layout.h"

namespace dst_load::workers {
namespace {

constexpr std::size_t kMostOffences = 20;

}  // namespace

Engine::Engine(const ClientOptions& options, bool judged, std::uint64_t seed, const Clock& clock) {
  Random seeds(seed);
  std::uint32_t number = 0;
  for (auto& plan : LayOut(options)) {
    ShardConfig config;
    config.destination = options.destination;
    config.services = options.services;
    config.context_tokens = options.context_tokens;
    config.plan = std::move(plan);
    config.lifecycle = {.ramp_up = options.ramp_up,
                        .max_lifetime = options.stream_max_lifetime,
                        .reset_interval = options.stream_reset_interval};
    config.limits.convergence_deadline = options.convergence_deadline;
    config.slow_percent = options.slow_readers_percent;
    config.slow_read_delay = options.slow_read_delay;
    config.judged = judged;
    config.told_when_current = !options.coordination.address.empty();
    config.number = number++;
    config.seed = seeds.Next();
    shards_.push_back(std::make_unique<Shard>(std::move(config), clock));
  }
}

void Engine::Start() {
  for (auto& shard : shards_) shard->Start();
}

void Engine::Apply(const coordination::TruthUpdate& truth) {
  const auto shared = std::make_shared<const coordination::TruthUpdate>(truth);
  for (auto& shard : shards_) shard->Apply(shared);
}

void Engine::SetClock(const coordination::ClockOffset& offset) {
  for (auto& shard : shards_) shard->SetClock(offset);
}

void Engine::TruthIsCurrent() {
  for (auto& shard : shards_) shard->TruthIsCurrent();
}

void Engine::KeepOpen() {
  for (auto& shard : shards_) shard->KeepOpen();
}

void Engine::Conclude(measure::Seq last_seq) {
  for (auto& shard : shards_) shard->Conclude(last_seq);
}

void Engine::Close() {
  for (auto& shard : shards_) shard->Close();
}

void Engine::Stop() {
  Close();  // all at once, before waiting for each
  for (auto& shard : shards_) shard->Stop();
}

ShardView Engine::View() {
  ShardView merged = shards_.front()->View();
  for (std::size_t i = 1; i < shards_.size(); ++i) MergeViews(merged, shards_[i]->View());
  return merged;
}

void MergeViews(ShardView& into, const ShardView& other) {
  into.snapshot.Merge(other.snapshot);
  into.updates.resize(std::max(into.updates.size(), other.updates.size()));
  for (std::size_t i = 0; i < other.updates.size(); ++i) into.updates[i] += other.updates[i];
  into.truth_seq = std::min(into.truth_seq, other.truth_seq);
  into.settled = into.settled && other.settled;
  into.truth_hole = into.truth_hole || other.truth_hole;
  into.mismatch = into.mismatch || other.mismatch;
  for (const auto& offence : other.offences) {
    if (into.offences.size() < kMostOffences) into.offences.push_back(offence);
  }
  if (into.trouble.empty()) into.trouble = other.trouble;
}

}  // namespace dst_load::workers
