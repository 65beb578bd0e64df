#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "workers/churn/schedule.h"

namespace dst_load::workers::churn {

/// How one attempt at a scale request went.
struct ScaleAttempt {
  ScaleEvent event;
  Micros lag{0};      ///< how late it was sent, after its T0
  bool first = true;  ///< of this event
  Status status;
};

/// Sends scale requests from a few threads, as soon as they are submitted. One that fails is tried again with backoff
/// until it succeeds or a newer event of its service takes its place: what counts in the end is the newest.
///
/// Thread-safe. The destructor lets requests that are on their way come back, and drops the rest.
class Scaler {
 public:
  using Send = std::function<Status(const ScaleEvent&)>;
  using Report = std::function<void(const ScaleAttempt&)>;

  /// `send` blocks until the request is answered; `report` is called after each attempt; both on the scaler's threads.
  Scaler(std::uint32_t services, std::size_t threads, const Clock& clock, Send send, Report report);
  ~Scaler();
  Scaler(const Scaler&) = delete;
  Scaler& operator=(const Scaler&) = delete;

  void Submit(const ScaleEvent& event);
  /// Begins no more requests; does not wait.
  void RequestStop() { stop_.request_stop(); }

 private:
  /// A service's newest event, as long as it was not sent.
  struct Slot {
    std::optional<ScaleEvent> pending;
    MonoTime due{};     ///< later than now after a failure
    int failures = 0;   ///< of the pending event
    bool busy = false;  ///< a thread is sending for this service: never two at a time, or the older could win
  };

  void Work(const std::stop_token& stop);
  std::optional<std::uint32_t> NextReady(MonoTime now, std::optional<MonoTime>* wake) const;
  void SendOne(std::unique_lock<std::mutex>& lock, std::uint32_t service);

  const Clock& clock_;
  const Send send_;
  const Report report_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Slot> slots_;
  std::set<std::uint32_t> waiting_;  ///< services with a pending event that nobody is sending
  std::stop_source stop_;
  std::vector<std::jthread> threads_;
};

}  // namespace dst_load::workers::churn
