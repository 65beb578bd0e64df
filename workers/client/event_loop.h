#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/time.h"

namespace grpc {
class CompletionQueue;
}

namespace dst_load::workers {

/// One thread on one completion queue. Everything its handler does, it does on that thread: no locks are needed.
///
/// Thread-safe where noted.
class EventLoop {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    /// An operation has ended.
    virtual void OnEvent(std::uintptr_t tag, bool ok) = 0;
    /// Called between events; returns when it is to be called again at the latest.
    virtual MonoTime OnTurn(MonoTime now) = 0;
    /// Ten times a second the loop sends itself an event: it was taken `late` after it was due, the wait for the
    /// processor and the events queued before it included.
    virtual void OnProbe(Micros late) = 0;
    /// True when no operation is in flight and none will be started: the loop may end once it was told to.
    virtual bool Idle() const = 0;
  };

  explicit EventLoop(const Clock& clock);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  grpc::CompletionQueue& Queue();
  /// `handler` must outlive the loop.
  void Start(Handler& handler);
  /// Runs `job` on the loop's thread, between events; at once and here when the loop has ended. Thread-safe.
  void Post(std::function<void()> job);
  /// Ends the loop as soon as the handler is idle, and waits for that.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dst_load::workers
