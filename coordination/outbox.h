#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/time.h"
#include "proto/coordination.pb.h"

namespace dst_load::coordination {

/// The newest report of a worker on its way to the coordinator: a newer one replaces it, a new attachment sends it
/// again, and an Ack says that it arrived. Until the Ack of one the next report of a client waits: the coordinator sets
/// the pace. A client's final report waits for nothing, and no report of churn does. Thread-safe.
class Outbox {
 public:
  void Put(v1::WorkerMessage report);
  /// The newest report, once an attachment; nullopt when there is none to send now.
  std::optional<v1::WorkerMessage> Take();
  /// A new attachment begins.
  void Rewind();
  void Acked(std::uint64_t number);
  /// Blocks until the newest report is acknowledged, or `timeout` passed (false). True when there is none.
  bool WaitAcked(Micros timeout);

 private:
  std::mutex mutex_;
  std::condition_variable acked_changed_;
  v1::WorkerMessage newest_;
  std::uint64_t number_ = 0, taken_ = 0, acked_ = 0;
};

}  // namespace dst_load::coordination
