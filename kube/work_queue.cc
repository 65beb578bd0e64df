#include "kube/work_queue.h"

#include <algorithm>

#include "kube/retry.h"

namespace dst_load::kube {
namespace {

constexpr Micros kLongestWait = std::chrono::hours{1};

}  // namespace

WorkQueue::WorkQueue(const Clock& clock, Backoff backoff) : clock_(clock), backoff_(backoff) {}

void WorkQueue::AddAfter(const ObjectKey& key, Micros delay) {
  const MonoTime due = clock_.Mono() + std::max(delay, Micros{0});
  const std::lock_guard lock(mutex_);
  const auto [entry, added] = waiting_.try_emplace(key, due);
  if (added) ++stats_.adds;
  entry->second = std::min(entry->second, due);
  Changed();
}

void WorkQueue::AddRateLimited(const ObjectKey& key) {
  Micros delay{0};
  {
    const std::lock_guard lock(mutex_);
    delay = Exponential(backoff_.min, backoff_.max, failures_[key]++);
    ++stats_.retries;
  }
  AddAfter(key, delay);
}

void WorkQueue::Forget(const ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  failures_.erase(key);
}

void WorkQueue::Done(const ObjectKey& key) {
  const MonoTime now = clock_.Mono();
  const std::lock_guard lock(mutex_);
  if (const auto held = processing_.find(key); held != processing_.end()) {
    stats_.worked.Record(now - held->second);
    processing_.erase(held);
  }
  Changed();
}

std::optional<ObjectKey> WorkQueue::Pop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const MonoTime now = clock_.Mono();
    if (auto key = TakeDue(now)) return key;
    Micros wait = kLongestWait;
    for (const auto& [key, due] : waiting_) {
      if (!processing_.contains(key)) wait = std::min(wait, due - now);
    }
    changed_.wait_for(lock, stop, wait, [this, seen = version_] { return version_ != seen; });
  }
  return std::nullopt;
}

std::optional<ObjectKey> WorkQueue::TakeDue(MonoTime now) {
  auto first = waiting_.end();
  for (auto entry = waiting_.begin(); entry != waiting_.end(); ++entry) {
    if (entry->second > now || processing_.contains(entry->first)) continue;
    if (first == waiting_.end() || entry->second < first->second) first = entry;
  }
  if (first == waiting_.end()) return std::nullopt;
  ObjectKey key = first->first;
  stats_.queued.Record(now - first->second);
  waiting_.erase(first);
  processing_.emplace(key, now);
  return key;
}

void WorkQueue::Changed() {
  ++version_;
  changed_.notify_all();
}

WorkQueue::Stats WorkQueue::Snapshot() const {
  const std::lock_guard lock(mutex_);
  Stats stats = stats_;
  const MonoTime now = clock_.Mono();
  stats.depth = static_cast<std::size_t>(
      std::count_if(waiting_.begin(), waiting_.end(), [now](const auto& entry) { return entry.second <= now; }));
  for (const auto& [key, since] : processing_) {
    stats.unfinished += now - since;
    stats.longest = std::max(stats.longest, now - since);
  }
  return stats;
}

}  // namespace dst_load::kube
