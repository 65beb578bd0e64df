#pragma once

#include <string>

#include "base/error.h"
#include "base/random.h"
#include "base/time.h"
#include "kube/watch.h"

namespace dst_load::kube {

/// The decisions of a Watcher without its I/O: in which state it is, from which version it goes on, how long it waits.
///
///   Empty -> Listing -> Watching: as long as all goes well; a connection that was of use is followed by the next at
///   once Listing, Watching -> Backoff: on failure Backoff -> Watching, or Listing where there is no version to watch
///   from Watching -> Listing: on 410, the server having forgotten our version
///
/// Not thread-safe.
class WatchMachine {
 public:
  WatchMachine(Micros backoff_min, Micros backoff_max, std::uint64_t seed)
      : backoff_min_(backoff_min), backoff_max_(backoff_max), random_(seed) {}

  Watcher::State State() const { return state_; }
  const std::string& ResourceVersion() const { return resource_version_; }
  /// How long to stay in kBackoff: min, 2 min, 4 min, … at most max, less up to half of it in jitter.
  Micros Delay() const { return delay_; }

  /// Leaves kEmpty or kBackoff.
  void Resume();
  /// The list is complete.
  void Listed(std::string resource_version);
  /// The watch brought us an event or a bookmark: it is of use.
  void Advance(std::string resource_version);
  /// The watch stood for a while, events or not: it does not end as one failure in a row.
  void Lasted() { failures_ = 0; }
  /// The server ended the watch properly.
  void Ended();
  /// The list or the watch failed.
  void Failed(const Error& error);

 private:
  void BackOff();

  const Micros backoff_min_;
  const Micros backoff_max_;
  Random random_;
  Watcher::State state_ = Watcher::State::kEmpty;
  std::string resource_version_;
  bool progressed_ = false;  ///< in this watch
  int failures_ = 0;         ///< since a watch was of use
  Micros delay_{0};
};

}  // namespace dst_load::kube
