#pragma once

#include <atomic>
#include <functional>
#include <stop_token>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "base/time.h"
#include "kube/client.h"

namespace dst_load::kube {

struct StampedLine;  // kube/line_queue.h
class WatchMachine;  // kube/watch_machine.h

/// What a Watcher tells. Between kRestarted and kSynced a fresh list arrives as kApplied: whoever keeps a store builds
/// a new one and swaps at kSynced, which is how deletions missed across a relist are found.
enum class WatchEventType { kRestarted, kApplied, kDeleted, kSynced, kBookmark };

struct WatchEvent {
  WatchEventType type;
  const nlohmann::json* object = nullptr;  ///< for kApplied and kDeleted; valid during the call
  WallTime received{};                     ///< taken when the bytes arrived, before parsing: T1 of endpoint changes
};

struct WatcherOptions {
  std::string ns;  ///< empty: all
  std::string label_selector;
  Micros idle = std::chrono::minutes{2};  ///< silence, bookmarks included, after which the connection is made anew
  Micros backoff_min = std::chrono::milliseconds{200};
  Micros backoff_max = std::chrono::seconds{30};
};

/// List and watch of one kind, for ever: Empty -> Listing -> Watching -> (Listing again on 410, Watching again
/// otherwise). Resumes from the last resourceVersion or bookmark; lists again only on 410. Not thread-safe; Run blocks
/// its thread.
class Watcher {
 public:
  enum class State { kEmpty, kListing, kWatching, kBackoff };

  Watcher(Client& client, const Resource& resource, WatcherOptions options, const Clock& clock);
  /// Returns only when `stop` is asked. Failures are logged once each and retried with backoff.
  void Run(std::stop_token stop, const std::function<void(const WatchEvent&)>& on_event);
  State CurrentState() const { return state_.load(); }

 private:
  void ListOnce(WatchMachine& machine, const std::stop_token& stop,
                const std::function<void(const WatchEvent&)>& on_event);
  void WatchOnce(WatchMachine& machine, const std::stop_token& stop,
                 const std::function<void(const WatchEvent&)>& on_event);
  /// One connection, until it ends.
  Status Stream(WatchMachine& machine, const std::stop_token& stop,
                const std::function<void(const WatchEvent&)>& on_event);
  Status Handle(const StampedLine& line, WatchMachine& machine, const std::function<void(const WatchEvent&)>& on_event);

  Client& client_;
  const Resource resource_;
  const WatcherOptions options_;
  const Clock& clock_;
  std::atomic<State> state_{State::kEmpty};
};

}  // namespace dst_load::kube
