#include "workers/reference/topics.h"

#include <algorithm>
#include <utility>

namespace dst_load::workers::reference {
namespace {

constexpr std::size_t kGoneKept = 1024;

void NoteGone(std::deque<Endpoint>& gone, const EndpointSet& before, const EndpointSet& after) {
  for (const auto& endpoint : before) {
    if (after.contains(endpoint)) continue;
    std::erase_if(gone, [&](const Endpoint& other) { return other.ip == endpoint.ip && other.port == endpoint.port; });
    gone.push_back(endpoint);
  }
  while (gone.size() > kGoneKept) gone.pop_front();
}

// The newest whose address is free.
std::optional<Endpoint> LastGone(const std::deque<Endpoint>& gone, const EndpointSet& now) {
  const auto last = std::find_if(gone.rbegin(), gone.rend(), [&](const Endpoint& one) { return !IsUsed(now, one); });
  return last == gone.rend() ? std::nullopt : std::optional(*last);
}

}  // namespace

Topics::Topics(FaultPlan faults) : plan_(std::move(faults)) {}

void Topics::Subscribe(const Target& target, Subscriber& subscriber) {
  const std::lock_guard lock(mutex_);
  const auto [found, fresh] = topics_.try_emplace(target);
  Topic& topic = found->second;
  if (fresh) topic.told = registry_.Endpoints(target);
  Stream& stream = topic.streams[&subscriber];
  if (!plan_.Empty()) {
    stream.faults = std::make_unique<StreamFaults>(plan_, target, topic.opened++, counts_);
    return TellFaulty(target, topic, subscriber, stream);
  }
  const auto difference = Diff({}, topic.told);
  if (!difference.added.empty()) subscriber.Tell(MakeAdd(target, difference.added));
}

void Topics::Unsubscribe(const Target& target, Subscriber& subscriber) {
  const std::lock_guard lock(mutex_);
  const auto found = topics_.find(target);
  if (found == topics_.end()) return;
  Topic& topic = found->second;
  topic.streams.erase(&subscriber);
  if (Blocks()) UpdateHeldBack(target, topic);
  // Faults need to know how many streams there were, and what is gone.
  if (topic.streams.empty() && plan_.Empty()) topics_.erase(found);
}

void Topics::Taken(const Target& target, Subscriber& subscriber) {
  const std::lock_guard lock(mutex_);
  const auto found = topics_.find(target);
  if (found == topics_.end()) return;
  const auto stream = found->second.streams.find(&subscriber);
  if (stream == found->second.streams.end()) return;
  --stream->second.untaken;
  UpdateHeldBack(target, found->second);
}

void Topics::Set(const kube::ObjectKey& key, Slice slice) {
  const std::lock_guard lock(mutex_);
  Refresh(registry_.Set(key, std::move(slice)));
}

void Topics::Remove(const kube::ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  Refresh(registry_.Remove(key));
}

FaultCounts Topics::Faults() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void Topics::Refresh(const std::set<Registry::Service>& services) {
  for (const auto& [ns, service] : services) {
    for (auto at = topics_.lower_bound({ns, service, 0});
         at != topics_.end() && at->first.ns == ns && at->first.service == service; ++at) {
      auto& [target, topic] = *at;
      auto now = registry_.Endpoints(target);
      Blocks() ? UpdateOrHoldBack(target, topic, std::move(now)) : Update(target, topic, std::move(now));
    }
  }
}

void Topics::Update(const Target& target, Topic& topic, EndpointSet now) {
  const auto difference = Diff(topic.told, now);
  if (!plan_.Empty()) NoteGone(topic.gone, topic.told, now);
  topic.told = std::move(now);
  if (!plan_.Empty()) {
    for (auto& [subscriber, stream] : topic.streams) TellFaulty(target, topic, *subscriber, stream);
    return;
  }
  const auto tell = [&topic](const Message& message) {
    for (auto& [subscriber, stream] : topic.streams) subscriber->Tell(message);
  };
  if (!difference.added.empty()) tell(MakeAdd(target, difference.added));
  if (!difference.removed.empty()) tell(MakeRemove(difference.removed));
}

// An update that finds a stream with a message untaken may have to wait for it, and all later ones wait behind it.
void Topics::UpdateOrHoldBack(const Target& target, Topic& topic, EndpointSet now) {
  const EndpointSet& before = topic.held_back.empty() ? topic.told : topic.held_back.back();
  if (Diff(before, now).Empty()) return;
  const bool busy = std::any_of(topic.streams.begin(), topic.streams.end(),
                                [](const auto& entry) { return entry.second.untaken > 0; });
  if (busy && plan_.Strikes(FaultKind::kBlock, target, 0, topic.updates++)) {
    ++counts_[static_cast<std::size_t>(FaultKind::kBlock)];
    topic.held_back.push_back(std::move(now));
  } else if (topic.held_back.empty()) {
    Update(target, topic, std::move(now));
  } else {
    topic.held_back.push_back(std::move(now));
  }
}

void Topics::UpdateHeldBack(const Target& target, Topic& topic) {
  while (!topic.held_back.empty()) {
    for (const auto& [subscriber, stream] : topic.streams) {
      if (stream.untaken > 0) return;
    }
    EndpointSet next = std::move(topic.held_back.front());
    topic.held_back.pop_front();
    Update(target, topic, std::move(next));
  }
}

void Topics::TellFaulty(const Target& target, const Topic& topic, Subscriber& subscriber, Stream& stream) {
  for (const auto& message : stream.faults->Tell(topic.told, LastGone(topic.gone, topic.told))) {
    ++stream.untaken;
    const auto labels = message.wrong_metadata ? Metadata::kWrong : Metadata::kRight;
    const Message bytes = message.added.empty() ? MakeRemove(message.removed) : MakeAdd(target, message.added, labels);
    if (message.delay > Micros{0}) {
      subscriber.TellLater(bytes, message.delay);
    } else {
      subscriber.Tell(bytes);
    }
    if (message.end) subscriber.End(*message.end);
  }
}

}  // namespace dst_load::workers::reference
