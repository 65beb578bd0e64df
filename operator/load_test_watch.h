#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/time.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "operator/load_test.h"
#include "operator/schedule.h"

namespace dst_load::op {

/// A LoadTest as last seen, and what it is to the schedule that made it.
struct WatchedTest {
  LoadTest test;
  ScheduledTest scheduled;
};

/// The one list and watch of LoadTests, for all who work on them.
///
/// Starts at once; without the CRD it waits for it. Thread-safe. client and clock must outlive it; whoever listens must
/// be gone before it.
class LoadTestWatch {
 public:
  using Change = kube::Informer<WatchedTest>::Change;
  using Listener = std::function<void(const Change&)>;

  /// Ends with the object, which waits for a call that is under way.
  class Listening {
   public:
    Listening(LoadTestWatch& watch, Listener listener);
    ~Listening();
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;

   private:
    LoadTestWatch& watch_;
  };

  /// An empty namespace means all.
  LoadTestWatch(kube::Client& client, const std::string& ns, const Clock& clock);

  const kube::Store<WatchedTest>& Store() const { return informer_.Store(); }
  bool Synced() const { return informer_.Synced(); }

 private:
  void Tell(const Change& change);

  std::mutex mutex_;  ///< held while listeners are called: they must be short, and not listen or stop listening
  std::map<const Listening*, Listener> listeners_;
  kube::Informer<WatchedTest> informer_;  ///< last: its thread uses the above
};

}  // namespace dst_load::op
