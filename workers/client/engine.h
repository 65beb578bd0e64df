#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "coordination/worker_session.h"
#include "workers/client/options.h"
#include "workers/client/shard.h"

namespace dst_load::workers {

/// All shards of the process as one. Thread-safe: every call is passed on to the shards' threads.
class Engine {
 public:
  /// `judged`: a coordinator relays the truth. `seed` is for jitter.
  Engine(const ClientOptions& options, bool judged, std::uint64_t seed, const Clock& clock);

  /// Begins to open the streams.
  void Start();
  void Apply(const coordination::TruthUpdate& truth);
  void SetClock(const coordination::ClockOffset& offset);
  void TruthIsCurrent();
  void KeepOpen();
  void Conclude(measure::Seq last_seq);
  void Close();
  /// Closes every stream and ends the threads.
  void Stop();
  /// Merged. truth_seq is the least of the shards', settled is true when all are.
  ShardView View();

 private:
  std::vector<std::unique_ptr<Shard>> shards_;
};

/// Adds `other` to `into`, as Engine::View does. Pure.
void MergeViews(ShardView& into, const ShardView& other);

}  // namespace dst_load::workers
