#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>

#include "base/time.h"
#include "kube/duration_counts.h"
#include "kube/resource.h"

namespace dst_load::kube {

struct Backoff {
  Micros min = std::chrono::milliseconds{5};
  Micros max = std::chrono::minutes{5};
};

/// Queue of object keys awaiting reconciliation, with delays and backoff.
///
/// A key is queued at most once; the earliest due time wins. A key added while it is being processed runs again after
/// Done(), never concurrently. Time comes from `clock`; a blocked Pop wakes when the earliest key is due.
///
/// Thread-safe. Must outlive every worker blocked in Pop().
class WorkQueue {
 public:
  explicit WorkQueue(const Clock& clock, Backoff backoff = {});

  void Add(const ObjectKey& key) { AddAfter(key, Micros{0}); }
  void AddAfter(const ObjectKey& key, Micros delay);
  /// Again after min * 2^failures, at most max.
  void AddRateLimited(const ObjectKey& key);
  /// Resets the key's failures.
  void Forget(const ObjectKey& key);
  /// Blocks until a key is due; nullopt when `stop` is asked. The caller must call Done.
  std::optional<ObjectKey> Pop(const std::stop_token& stop);
  void Done(const ObjectKey& key);

  struct Stats {
    std::size_t depth = 0;  ///< due and waiting
    std::uint64_t adds = 0;
    std::uint64_t retries = 0;
    DurationCounts queued;  ///< from due until handed out
    DurationCounts worked;  ///< from handed out until done
    Micros unfinished{0};   ///< that those which are handed out now have been, all together
    Micros longest{0};      ///< that one of them has been
  };
  Stats Snapshot() const;

 private:
  // Both with the mutex held.
  std::optional<ObjectKey> TakeDue(MonoTime now);
  void Changed();

  const Clock& clock_;
  const Backoff backoff_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<ObjectKey, MonoTime> waiting_;
  std::map<ObjectKey, MonoTime> processing_;  ///< since when
  std::map<ObjectKey, int> failures_;
  std::uint64_t version_ = 0;  ///< counts changes, so that a waiting Pop sees each
  Stats stats_;
};

}  // namespace dst_load::kube
