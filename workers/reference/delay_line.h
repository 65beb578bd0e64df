#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "base/time.h"

namespace dst_load::workers::reference {

/// Wakes sleepers at an instant, to some tens of microseconds: gRPC's own alarms count in milliseconds. One thread for
/// all. Thread-safe; must outlive its sleepers' sleep.
class DelayLine {
 public:
  class Sleeper {
   public:
    virtual ~Sleeper() = default;
    /// On the line's thread, without its lock. The sleeper may go to sleep again, or go.
    virtual void Awake() = 0;
  };

  explicit DelayLine(const Clock& clock);
  DelayLine(const DelayLine&) = delete;
  DelayLine& operator=(const DelayLine&) = delete;

  /// A sleeper sleeps once at a time.
  void Sleep(Sleeper& sleeper, MonoTime until);
  /// False when it does not sleep: it is being woken.
  bool Cancel(Sleeper& sleeper);

 private:
  void Run(const std::stop_token& stop);

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::multimap<MonoTime, Sleeper*> sleepers_;
  std::jthread thread_;  ///< last: uses all of the above
};

}  // namespace dst_load::workers::reference
