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
/// the pace. One that brings news waits for nothing: all of the client's streams have joined, or no longer have; it has
/// concluded; it reports for the last time. What comes after it waits again. No report of churn waits. Thread-safe.
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
  /// What the coordinator decides by; a change of it is news.
  struct Standing {
    bool joined = false, concluded = false, retired = false;
    bool operator==(const Standing&) const = default;
  };
  static Standing StandingOf(const v1::ClientReport& report);
  bool MayWait() const;

  std::mutex mutex_;
  std::condition_variable acked_changed_;
  v1::WorkerMessage newest_;
  Standing taken_standing_;
  std::uint64_t number_ = 0, taken_ = 0, acked_ = 0;
};

}  // namespace dst_load::coordination
