#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/time.h"
#include "kube/resource.h"
#include "operator/observed.h"

namespace dst_load::op {

/// What this process remembers of one LoadTest between passes. All of it can be lost: a new process finds it out again.
struct Memory {
  std::string run_id;  ///< of the run that the rest is about
  std::optional<SecretView> secret;
  std::string token;  ///< secret
  bool support_applied = false;
  std::optional<MonoTime> run_added;
  std::string saved_checkpoint;
  std::optional<ApplyTrouble> trouble;
  std::optional<MonoTime> status_written;
  std::string written_over;  ///< resourceVersion that our newest status write replaced: a view of it is stale
  bool workload_deleted = false;
  bool children_deleted = false;
  int report_failures = 0;
  std::string told_error;  ///< the failure that was logged last
};

/// The memories of all LoadTests, and which LoadTest a run belongs to.
///
/// Thread-safe. A memory itself belongs to the worker that processes its key: the queue never hands one out twice.
class Memories {
 public:
  Memory& Of(const kube::ObjectKey& key) {
    const std::lock_guard lock(mutex_);
    auto& held = memories_[key];
    if (!held) held = std::make_unique<Memory>();
    return *held;
  }
  void Forget(const kube::ObjectKey& key) {
    const std::lock_guard lock(mutex_);
    memories_.erase(key);
    std::erase_if(runs_, [&](const auto& run) { return run.second == key; });
  }
  void Assign(const std::string& run_id, const kube::ObjectKey& key) {
    const std::lock_guard lock(mutex_);
    runs_[run_id] = key;
  }
  std::optional<kube::ObjectKey> KeyOfRun(const std::string& run_id) const {
    const std::lock_guard lock(mutex_);
    const auto found = runs_.find(run_id);
    if (found == runs_.end()) return std::nullopt;
    return found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<kube::ObjectKey, std::unique_ptr<Memory>> memories_;
  std::map<std::string, kube::ObjectKey> runs_;
};

}  // namespace dst_load::op
