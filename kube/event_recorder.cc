#include "kube/event_recorder.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/random.h"
#include "kube/event_series.h"

namespace dst_load::kube {
namespace {

// What events.k8s.io/v1 takes.
constexpr std::size_t kLongestWord = 128;
constexpr std::size_t kLongestNote = 1024;
/// An Event's name is the object's and 17 characters, and a name has at most 253.
constexpr std::size_t kLongestPrefix = 236;

struct Pending {
  EventIdentity identity;
  WallTime at;
};

}  // namespace

struct EventRecorder::Impl {
  Impl(Client& to, EventRecorderOptions with, const Clock& time)
      : client(to), options(std::move(with)), clock(time), history(options.window) {}

  Client& client;
  const EventRecorderOptions options;
  const Clock& clock;
  EventHistory history;  ///< the thread's own

  std::mutex mutex;
  std::condition_variable_any changed;
  std::deque<Pending> queue;
  bool sending = false;
  std::uint64_t dropped = 0;
  std::jthread thread;

  void Run(const std::stop_token& stop);
  void Send(const Pending& event);
  void SendFirst(const Pending& event);
};

void EventRecorder::Impl::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  while (changed.wait(lock, stop, [this] { return !queue.empty(); }) && !stop.stop_requested()) {
    const Pending event = std::move(queue.front());
    queue.pop_front();
    sending = true;
    lock.unlock();
    Send(event);
    lock.lock();
    sending = false;
    changed.notify_all();
  }
}

void EventRecorder::Impl::Send(const Pending& event) {
  const EventSeries* series = history.Repeat(event.identity, clock.Mono());
  if (series == nullptr) return SendFirst(event);
  const auto patched = client.MergePatch(kEvents, EventNamespace(event.identity.regarding), series->name,
                                         SeriesPatch(series->count, event.at));
  if (patched) return;
  // Kubernetes deletes Events after an hour.
  if (IsNotFound(patched.error())) return SendFirst(event);
  log::Warn("event not written", {{"error", patched.error().message}});
}

void EventRecorder::Impl::SendFirst(const Pending& event) {
  const std::string name = fmt::format("{}.{}", CutText(event.identity.regarding.name, kLongestPrefix), RandomHex(8));
  const auto created = client.Create(kEvents, EventNamespace(event.identity.regarding),
                                     EventObject(event.identity, options, name, event.at));
  if (created) {
    history.Start(event.identity, name, clock.Mono());
  } else {
    history.Forget(event.identity);
    log::Warn("event not written", {{"error", created.error().message}});
  }
}

EventRecorder::EventRecorder(Client& client, EventRecorderOptions options, const Clock& clock)
    : impl_(std::make_unique<Impl>(client, std::move(options), clock)) {
  impl_->thread = std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->Run(stop); });
}

EventRecorder::~EventRecorder() = default;

void EventRecorder::Record(const ObjectReference& regarding, EventType type, const std::string& reason,
                           const std::string& action, const std::string& note) {
  EventIdentity identity{regarding, type, CutText(reason, kLongestWord), CutText(action, kLongestWord),
                         CutText(note, kLongestNote)};
  const std::lock_guard lock(impl_->mutex);
  if (impl_->queue.size() >= impl_->options.capacity) {
    ++impl_->dropped;
    return;
  }
  impl_->queue.push_back({std::move(identity), impl_->clock.Wall()});
  impl_->changed.notify_all();
}

bool EventRecorder::Drain(Micros timeout) {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, timeout, [this] { return impl_->queue.empty() && !impl_->sending; });
}

std::uint64_t EventRecorder::Dropped() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->dropped;
}

}  // namespace dst_load::kube
