#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "kube/client.h"
#include "kube/object.h"

namespace dst_load::kube {

/// Objects in memory with resource versions and conflicts, as a server keeps them; no validation. Lists and watches
/// answer what a test has scripted. Thread-safe, except for the scripts, which are written before use.
class FakeClient : public Client {
 public:
  using Watch =
      std::function<Status(std::string_view resource_version, const std::function<bool(std::string_view)>& on_line)>;
  std::deque<Result<ObjectList>> lists;  ///< then errors
  std::deque<Watch> watches;             ///< then waiting for the stop
  std::function<Status()> before_write;  ///< a failure to inject, where it returns one

  Result<nlohmann::json> Get(const Resource& resource, std::string_view ns, std::string_view name) override {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(resource.Path(ns, name));
    if (found == objects_.end()) return Fail(Code::kNotFound, "not found");
    return found->second;
  }
  Result<ObjectList> List(const Resource&, std::string_view, std::string_view) override {
    const std::lock_guard lock(mutex_);
    if (lists.empty()) return Fail(Code::kUnavailable, "no more lists");
    auto list = std::move(lists.front());
    lists.pop_front();
    return list;
  }
  Result<nlohmann::json> Create(const Resource& resource, std::string_view ns, const nlohmann::json& object) override {
    if (const auto injected = Injected(); !injected) return Fail(injected.error());
    const std::lock_guard lock(mutex_);
    const std::string path = resource.Path(ns, KeyOf(object).name);
    if (objects_.contains(path)) return Fail(Code::kAlreadyExists, "already exists");
    return Store(path, object);
  }
  Result<nlohmann::json> Update(const Resource& resource, std::string_view ns, const nlohmann::json& object,
                                std::string_view) override {
    if (const auto injected = Injected(); !injected) return Fail(injected.error());
    const std::lock_guard lock(mutex_);
    const std::string path = resource.Path(ns, KeyOf(object).name);
    const auto found = objects_.find(path);
    if (found == objects_.end()) return Fail(Code::kNotFound, "not found");
    if (ResourceVersionOf(object) != ResourceVersionOf(found->second)) return Fail(Code::kConflict, "stale");
    return Store(path, object);
  }
  Result<nlohmann::json> Apply(const Resource&, std::string_view, const nlohmann::json&, std::string_view, bool,
                               std::string_view) override {
    return Fail(Code::kInternal, "not in this fake");
  }
  Result<nlohmann::json> MergePatch(const Resource& resource, std::string_view ns, std::string_view name,
                                    const nlohmann::json& patch, std::string_view) override {
    if (const auto injected = Injected(); !injected) return Fail(injected.error());
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(resource.Path(ns, name));
    if (found == objects_.end()) return Fail(Code::kNotFound, "not found");
    nlohmann::json patched = found->second;
    patched.merge_patch(patch);
    return Store(found->first, patched);
  }
  Status Delete(const Resource& resource, std::string_view ns, std::string_view name, Propagation) override {
    const std::lock_guard lock(mutex_);
    objects_.erase(resource.Path(ns, name));
    return {};
  }
  Status WatchLines(const Resource&, std::string_view, std::string_view, std::string_view resource_version, Micros,
                    std::stop_token stop, const std::function<bool(std::string_view)>& on_line) override {
    Watch next;
    {
      std::unique_lock lock(mutex_);
      watched_from_.emplace_back(resource_version);
      changed_.notify_all();
      if (watches.empty()) {
        changed_.wait(lock, stop, [] { return false; });
        return Fail(Code::kCancelled, "cancelled");
      }
      next = std::move(watches.front());
      watches.pop_front();
    }
    return next(resource_version, on_line);
  }

  std::vector<nlohmann::json> All() {
    const std::lock_guard lock(mutex_);
    std::vector<nlohmann::json> all;
    for (const auto& [path, object] : objects_) all.push_back(object);
    return all;
  }
  /// Waits until `count` watches were begun; false when that takes more than 10 s.
  bool AwaitWatches(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds{10}, [&] { return watched_from_.size() >= count; });
  }
  /// The versions that the watches began from.
  std::vector<std::string> WatchedFrom() {
    const std::lock_guard lock(mutex_);
    return watched_from_;
  }

 private:
  Status Injected() { return before_write ? before_write() : Status{}; }
  nlohmann::json Store(const std::string& path, nlohmann::json object) {
    object["metadata"]["resourceVersion"] = std::to_string(++version_);
    return objects_[path] = std::move(object);
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, nlohmann::json> objects_;
  std::vector<std::string> watched_from_;
  int version_ = 0;
};

}  // namespace dst_load::kube
