#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <nlohmann/json_fwd.hpp>

#include "base/log.h"
#include "kube/object.h"
#include "kube/store.h"
#include "kube/watch.h"

namespace dst_load::kube {

/// Keeps a Store of one kind up to date from a thread of its own, and tells of every change.
///
/// Objects are parsed once, on arrival. What can't be parsed is logged, counted and otherwise as if it had not come:
/// the object stays as it was last understood. After a relist every object is told of, and so are those that are gone.
///
/// on_change runs on the informer's thread, after the store has the change. Store(), Synced() and ParseFailures() are
/// thread-safe. client and clock must outlive it; the destructor stops and joins.
template <class T>
class Informer {
 public:
  using Ptr = typename kube::Store<T>::Ptr;
  using Parse = std::function<Result<T>(const nlohmann::json&)>;

  struct Change {
    ObjectKey key;
    Ptr previous;         ///< null: it is new
    Ptr current;          ///< null: it is gone
    WallTime received{};  ///< when the bytes arrived; of a relist, when it ended
    bool relist = false;  ///< found by a list: it may be old news, or none
  };
  using OnChange = std::function<void(const Change&)>;

  /// Starts at once. on_change may be empty.
  Informer(Client& client, const Resource& resource, WatcherOptions options, const Clock& clock, Parse parse,
           OnChange on_change = {})
      : kind_(resource.plural),
        parse_(std::move(parse)),
        on_change_(std::move(on_change)),
        watcher_(client, resource, std::move(options), clock),
        thread_([this](std::stop_token stop) {
          watcher_.Run(std::move(stop), [this](const WatchEvent& event) { Take(event); });
        }) {}

  const kube::Store<T>& Store() const { return store_; }
  bool Synced() const { return store_.Synced(); }
  std::uint64_t ParseFailures() const { return parse_failures_.load(); }
  Watcher::State CurrentState() const { return watcher_.CurrentState(); }
  /// Asks the thread to end, without waiting for it.
  void RequestStop() { thread_.request_stop(); }

 private:
  void Take(const WatchEvent& event) {
    switch (event.type) {
      case WatchEventType::kRestarted:
        listing_ = true, store_.Begin();
        break;
      case WatchEventType::kApplied:
        Applied(event);
        break;
      case WatchEventType::kDeleted:
        Deleted(event);
        break;
      case WatchEventType::kSynced:
        Swap(event);
        break;
      case WatchEventType::kBookmark:
        break;
    }
  }

  void Applied(const WatchEvent& event) {
    const ObjectKey key = KeyOf(*event.object);
    auto parsed = parse_(*event.object);
    if (!parsed) {
      ++parse_failures_;
      log::Warn("object not understood",
                {{"object", kind_ + "/" + key.ns + "/" + key.name}, {"error", parsed.error().message}});
      return store_.Keep(key);
    }
    if (listing_) return store_.Set(key, std::move(*parsed));
    Ptr previous = store_.Get(key);
    store_.Set(key, std::move(*parsed));
    Tell({key, std::move(previous), store_.Get(key), event.received, false});
  }

  void Deleted(const WatchEvent& event) {
    const ObjectKey key = KeyOf(*event.object);
    Ptr previous = store_.Get(key);
    store_.Remove(key);
    Tell({key, std::move(previous), nullptr, event.received, false});
  }

  void Swap(const WatchEvent& event) {
    std::map<ObjectKey, Ptr> before = store_.All();
    const auto gone = store_.Swap();
    listing_ = false;
    for (const auto& [key, current] : store_.All()) Tell({key, before[key], current, event.received, true});
    for (const ObjectKey& key : gone) Tell({key, before[key], nullptr, event.received, true});
  }

  void Tell(const Change& change) {
    if (on_change_) on_change_(change);
  }

  const std::string kind_;
  const Parse parse_;
  const OnChange on_change_;
  kube::Store<T> store_;
  std::atomic<std::uint64_t> parse_failures_{0};
  bool listing_ = false;  ///< the thread's own
  Watcher watcher_;
  std::jthread thread_;  ///< last: it uses all of the above
};

}  // namespace dst_load::kube
