#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace dst_load::workers {

/// Turns SIGTERM and SIGINT into a stop token. Make it before any other thread: they inherit the blocked signals.
/// A second signal ends the process at once. One per process.
class RunSignal {
 public:
  RunSignal();
  ~RunSignal();
  RunSignal(const RunSignal&) = delete;
  RunSignal& operator=(const RunSignal&) = delete;

  std::stop_token Token() const { return source_.get_token(); }
  std::stop_source Source() const { return source_; }

 private:
  void Wait(const std::stop_token& end);

  sigset_t signals_{};
  std::stop_source source_;
  std::jthread waiter_;
};

}  // namespace dst_load::workers
