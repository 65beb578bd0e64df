#include "workers/reference/topics.h"

namespace dst_load::workers::reference {

void Topics::Subscribe(const Target& target, Subscriber& subscriber) {
  const std::lock_guard lock(mutex_);
  const auto [found, fresh] = topics_.try_emplace(target);
  Topic& topic = found->second;
  if (fresh) topic.told = registry_.Endpoints(target);
  topic.subscribers.insert(&subscriber);
  const auto difference = Diff({}, topic.told);
  if (!difference.added.empty()) subscriber.Tell(MakeAdd(target, difference.added));
}

void Topics::Unsubscribe(const Target& target, Subscriber& subscriber) {
  const std::lock_guard lock(mutex_);
  const auto found = topics_.find(target);
  if (found == topics_.end()) return;
  found->second.subscribers.erase(&subscriber);
  if (found->second.subscribers.empty()) topics_.erase(found);
}

void Topics::Set(const kube::ObjectKey& key, Slice slice) {
  const std::lock_guard lock(mutex_);
  Refresh(registry_.Set(key, std::move(slice)));
}

void Topics::Remove(const kube::ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  Refresh(registry_.Remove(key));
}

void Topics::Refresh(const std::set<Registry::Service>& services) {
  for (const auto& [ns, service] : services) {
    for (auto at = topics_.lower_bound({ns, service, 0});
         at != topics_.end() && at->first.ns == ns && at->first.service == service; ++at) {
      auto& [target, topic] = *at;
      auto now = registry_.Endpoints(target);
      const auto difference = Diff(topic.told, now);
      topic.told = std::move(now);
      const auto tell = [&subscribers = topic.subscribers](const Message& message) {
        for (auto* subscriber : subscribers) subscriber->Tell(message);
      };
      if (!difference.added.empty()) tell(MakeAdd(target, difference.added));
      if (!difference.removed.empty()) tell(MakeRemove(difference.removed));
    }
  }
}

}  // namespace dst_load::workers::reference
