#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "kube/resource.h"

namespace dst_load::kube {

/// Objects of one kind, already parsed, as last seen by a watch. One writer (the watch thread), many readers; values
/// are immutable and shared, so a reader's copy stays valid. Thread-safe.
template <class T>
class Store {
 public:
  using Ptr = std::shared_ptr<const T>;

  /// Starts a relist: what follows is collected aside until Swap.
  void Begin() {
    const std::lock_guard lock(mutex_);
    next_.emplace();
  }
  /// Ends the relist at once for every reader. Returns the keys that were there before and are not any more.
  std::vector<ObjectKey> Swap() {
    const std::lock_guard lock(mutex_);
    std::vector<ObjectKey> gone;
    if (!next_) return gone;
    for (const auto& [key, value] : objects_) {
      if (!next_->contains(key)) gone.push_back(key);
    }
    objects_ = std::move(*next_);
    next_.reset();
    synced_ = true;
    return gone;
  }
  void Set(const ObjectKey& key, T value) {
    const std::lock_guard lock(mutex_);
    (next_ ? *next_ : objects_)[key] = std::make_shared<const T>(std::move(value));
  }
  void Remove(const ObjectKey& key) {
    const std::lock_guard lock(mutex_);
    (next_ ? *next_ : objects_).erase(key);
  }
  /// Takes the object, if there is one, over into the list that a relist collects.
  void Keep(const ObjectKey& key) {
    const std::lock_guard lock(mutex_);
    if (!next_) return;
    if (const auto found = objects_.find(key); found != objects_.end()) (*next_)[key] = found->second;
  }
  Ptr Get(const ObjectKey& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    return found == objects_.end() ? nullptr : found->second;
  }
  std::vector<Ptr> Select(const std::function<bool(const T&)>& matches) const {
    const std::lock_guard lock(mutex_);
    std::vector<Ptr> out;
    for (const auto& [key, value] : objects_) {
      if (matches(*value)) out.push_back(value);
    }
    return out;
  }
  std::map<ObjectKey, Ptr> All() const {
    const std::lock_guard lock(mutex_);
    return objects_;
  }
  std::size_t Size() const {
    const std::lock_guard lock(mutex_);
    return objects_.size();
  }
  /// True once the first list is complete.
  bool Synced() const {
    const std::lock_guard lock(mutex_);
    return synced_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<ObjectKey, Ptr> objects_;
  std::optional<std::map<ObjectKey, Ptr>> next_;
  bool synced_ = false;
};

}  // namespace dst_load::kube
