#include "workers/run_signal.h"

#include <pthread.h>

#include <cerrno>
#include <ctime>

#include "base/log.h"

namespace dst_load::workers {

RunSignal::RunSignal() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  waiter_ = std::jthread([this](const std::stop_token& end) { Wait(end); });
}

RunSignal::~RunSignal() {
  waiter_.request_stop();
  waiter_.join();
  pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
}

void RunSignal::Wait(const std::stop_token& end) {
  constexpr timespec kSlice{0, 100'000'000};
  while (!end.stop_requested()) {
    const int signal = sigtimedwait(&signals_, nullptr, &kSlice);
    if (signal != SIGTERM && signal != SIGINT) continue;  // the slice is over
    log::Info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
    source_.request_stop();
    // Whoever asks twice will not wait: the default action from here on.
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
    return;
  }
}

}  // namespace dst_load::workers
