#include "workers/churn/scaler.h"

#include <algorithm>

#include "workers/churn/threads.h"

namespace dst_load::workers::churn {
namespace {

Micros Backoff(int failures) {
  return std::min<Micros>(std::chrono::milliseconds{50 << std::min(failures, 6)}, std::chrono::seconds{2});
}

}  // namespace

Scaler::Scaler(std::uint32_t services, std::size_t threads, const Clock& clock, Send send, Report report)
    : clock_(clock), send_(std::move(send)), report_(std::move(report)), slots_(services) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] {
      NameThread("churn-scale");
      Work(stop_.get_token());
    });
  }
}

Scaler::~Scaler() { stop_.request_stop(); }

void Scaler::Submit(const ScaleEvent& event) {
  {
    const std::lock_guard lock(mutex_);
    Slot& slot = slots_[event.service];
    slot.pending = event;
    slot.due = clock_.Mono();
    slot.failures = 0;
    if (!slot.busy) waiting_.insert(event.service);
  }
  changed_.notify_one();
}

std::optional<std::uint32_t> Scaler::NextReady(MonoTime now, std::optional<MonoTime>* wake) const {
  wake->reset();
  for (const std::uint32_t service : waiting_) {
    const MonoTime due = slots_[service].due;
    if (due <= now) return service;
    if (!*wake || due < **wake) *wake = due;
  }
  return std::nullopt;
}

void Scaler::Work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    std::optional<MonoTime> wake;
    if (const auto service = NextReady(clock_.Mono(), &wake)) {
      SendOne(lock, *service);
    } else if (wake) {
      std::optional<MonoTime> other;
      changed_.wait_for(lock, stop, *wake - clock_.Mono(),
                        [&] { return NextReady(clock_.Mono(), &other).has_value(); });
    } else {
      changed_.wait(lock, stop, [&] { return !waiting_.empty(); });
    }
  }
}

void Scaler::SendOne(std::unique_lock<std::mutex>& lock, std::uint32_t service) {
  Slot& slot = slots_[service];
  const ScaleEvent event = *slot.pending;
  const bool first = slot.failures == 0;
  slot.busy = true;
  waiting_.erase(service);
  lock.unlock();
  const Micros lag = clock_.Wall() - event.t0;
  const Status status = send_(event);
  report_({event, lag, first, status});
  lock.lock();
  slot.busy = false;
  if (*slot.pending == event) {
    if (status) {
      slot.pending.reset();
      return;
    }
    slot.due = clock_.Mono() + Backoff(slot.failures++);
  }
  waiting_.insert(service);
  changed_.notify_one();
}

}  // namespace dst_load::workers::churn
