#include "workers/reference/delay_line.h"

namespace dst_load::workers::reference {

DelayLine::DelayLine(const Clock& clock) : clock_(clock), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void DelayLine::Sleep(Sleeper& sleeper, MonoTime until) {
  const std::lock_guard lock(mutex_);
  const auto at = sleepers_.emplace(until, &sleeper);
  if (at == sleepers_.begin()) changed_.notify_one();
}

bool DelayLine::Cancel(Sleeper& sleeper) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(sleepers_, [&](const auto& entry) { return entry.second == &sleeper; }) > 0;
}

void DelayLine::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (sleepers_.empty()) {
      changed_.wait(lock, stop, [this] { return !sleepers_.empty(); });
      continue;
    }
    const auto first = sleepers_.begin();
    const MonoTime due = first->first;
    if (due > clock_.Mono()) {
      changed_.wait_until(lock, stop, due, [&] { return !sleepers_.empty() && sleepers_.begin()->first < due; });
      continue;
    }
    Sleeper* const sleeper = first->second;
    sleepers_.erase(first);
    lock.unlock();
    sleeper->Awake();
    lock.lock();
  }
}

}  // namespace dst_load::workers::reference
