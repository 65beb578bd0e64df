#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "coordination/worker_session.h"
#include "measure/ledger.h"
#include "measure/snapshot.h"
#include "workers/client/layout.h"

namespace dst_load::workers {

struct ShardConfig {
  std::string destination;
  std::vector<std::string> services;
  std::vector<std::string> context_tokens;
  ShardPlan plan;
  LifecycleOptions lifecycle;
  measure::LedgerLimits limits;
  std::uint32_t slow_percent = 0;  ///< of the streams that read slowly on purpose
  Micros slow_read_delay{0};       ///< which they wait before each read
  bool judged = false;             ///< a coordinator relays the truth; else streams are only counted
  bool told_when_current = false;  ///< ... and says when all of it is told: see TruthIsCurrent
  std::uint32_t number = 0;
  std::uint64_t seed = 0;
};

/// What a shard has counted, and how it is.
struct ShardView {
  measure::ClientSnapshot snapshot;
  std::vector<std::uint64_t> updates;  ///< endpoint adds and removes in messages, by service
  measure::Seq truth_seq = 0;
  bool settled = false;     ///< every stream has joined and nothing is pending
  bool truth_hole = false;  ///< the history had a hole: ask for the state
  bool mismatch = false;    ///< the truth is about other services than ours
  std::vector<std::string> offences;
  std::string trouble;
};

/// One thread's connections, streams and ledger. Nothing on the path of a message is shared with another thread.
///
/// Thread-safe: calls are carried out on the shard's own thread.
class Shard {
 public:
  Shard(ShardConfig config, const Clock& clock);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  /// Begins to open the streams.
  void Start();
  void Apply(std::shared_ptr<const coordination::TruthUpdate> truth);
  /// What to take off this host's clock from now on.
  void SetClock(const coordination::ClockOffset& offset);
  /// The truth that was applied so far is all that there is to tell by now.
  void TruthIsCurrent();
  /// Resets no stream from now on, so that what is pending can settle.
  void KeepOpen();
  /// Judges what is held now, once; nothing is counted after that. Truth that ends before `last_seq` has
  /// a gap, and nothing is judged by it.
  void Conclude(measure::Seq last_seq);
  /// Closes every stream; none is opened again.
  void Close();
  /// Closes and waits until the thread has ended.
  void Stop();
  /// Waits for the thread to answer.
  ShardView View();

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace dst_load::workers
