#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace dst_load::op {

/// Turns SIGTERM and SIGINT into a stop token. Make it before any other thread: they inherit the blocked signals. A
/// second signal ends the process at once. One per process.
class Shutdown {
 public:
  Shutdown();
  ~Shutdown();
  Shutdown(const Shutdown&) = delete;
  Shutdown& operator=(const Shutdown&) = delete;

  std::stop_token Token() const { return source_.get_token(); }
  /// The same from inside.
  void Request() { source_.request_stop(); }
  /// Blocks until either.
  void Wait() const;

 private:
  void Watch(const std::stop_token& end);

  sigset_t signals_{};
  std::stop_source source_;
  std::jthread watcher_;
};

}  // namespace dst_load::op
