#include "operator/shutdown.h"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "base/log.h"

namespace dst_load::op {

Shutdown::Shutdown() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  watcher_ = std::jthread([this](const std::stop_token& end) { Watch(end); });
}

Shutdown::~Shutdown() {
  // Wakes the watcher, which waits for signals and nothing else.
  watcher_.request_stop();
  pthread_kill(watcher_.native_handle(), SIGTERM);
  watcher_.join();
  pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
}

void Shutdown::Watch(const std::stop_token& end) {
  int signal = 0;
  while (sigwait(&signals_, &signal) != 0) {
  }
  if (end.stop_requested()) return;
  log::Info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  source_.request_stop();
  while (sigwait(&signals_, &signal) != 0) {
  }
  // Whoever asks twice will not wait.
  if (!end.stop_requested()) _exit(128 + signal);
}

void Shutdown::Wait() const {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait(lock, source_.get_token(), [] { return false; });
}

}  // namespace dst_load::op
