#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace dst_load::test_support {

/// Holds threads back until it is opened, for ever. Thread-safe; declare it before the threads that wait.
class Gate {
 public:
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return open_; });
  }
  /// False when `patience` ran out.
  bool WaitFor(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return opened_.wait_for(lock, patience, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

}  // namespace dst_load::test_support
