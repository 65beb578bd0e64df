#include "workers/client/event_loop.h"

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace dst_load::workers {
namespace {

constexpr std::uintptr_t kWake = 0;  // no operation's tag
constexpr std::uintptr_t kProbe = ~std::uintptr_t{0};
constexpr Micros kProbeEvery = std::chrono::milliseconds{100};
constexpr int kEventsPerTurn = 64;

}  // namespace

struct EventLoop::Impl {
  explicit Impl(const Clock& c) : clock(c) {}

  void Run(Handler& handler);
  bool TakeEvents(Handler& handler, MonoTime until);
  void RunJobs();
  MonoTime Probe(MonoTime now);
  bool EndWhenIdle(const Handler& handler);
  void Wake();

  const Clock& clock;
  grpc::CompletionQueue queue;
  std::mutex mutex;
  // Guarded by mutex, as is setting the alarm.
  std::vector<std::function<void()>> jobs;
  bool wake_pending = false;
  bool stopping = false;
  bool ended = false;
  grpc::Alarm alarm;
  // The loop's own.
  grpc::Alarm probe;
  bool probe_pending = false;
  MonoTime probe_due{};
  std::jthread thread;
};

void EventLoop::Impl::Wake() {
  if (wake_pending || ended) return;
  wake_pending = true;
  alarm.Set(&queue, std::chrono::system_clock::time_point{}, reinterpret_cast<void*>(kWake));
}

void EventLoop::Impl::RunJobs() {
  std::vector<std::function<void()>> taken;
  {
    const std::lock_guard lock(mutex);
    taken.swap(jobs);
  }
  for (const auto& job : taken) job();
}

// Waits for one event until `until`, then takes what else is there, up to a limit.
bool EventLoop::Impl::TakeEvents(Handler& handler, MonoTime until) {
  // A span, not an instant: neither a clock that is set nor one that is not this host's makes it wait longer.
  const Micros span = std::max(until - clock.Mono(), Micros{0});
  gpr_timespec deadline = gpr_time_from_micros(span.count(), GPR_TIMESPAN);
  for (int i = 0; i < kEventsPerTurn; ++i) {
    void* tag = nullptr;
    bool ok = false;
    const auto next = queue.AsyncNext(&tag, &ok, deadline);
    if (next == grpc::CompletionQueue::SHUTDOWN) return false;
    if (next == grpc::CompletionQueue::TIMEOUT) return true;
    deadline = gpr_time_0(GPR_TIMESPAN);
    const auto number = reinterpret_cast<std::uintptr_t>(tag);
    if (number == kProbe) {
      const MonoTime now = clock.Mono();
      probe_pending = false;
      handler.OnProbe(now - probe_due);
      probe_due = now + kProbeEvery;
      continue;
    }
    if (number != kWake) {
      handler.OnEvent(number, ok);
      continue;
    }
    const std::lock_guard lock(mutex);
    wake_pending = false;
  }
  return true;
}

// Puts the probe into the queue when it is due, behind whatever waits there. Returns when to be called again.
MonoTime EventLoop::Impl::Probe(MonoTime now) {
  if (!probe_pending && now >= probe_due) {
    probe_pending = true;
    probe.Set(&queue, std::chrono::system_clock::time_point{}, reinterpret_cast<void*>(kProbe));
  }
  return probe_pending ? now + kProbeEvery : probe_due;
}

bool EventLoop::Impl::EndWhenIdle(const Handler& handler) {
  const std::lock_guard lock(mutex);
  if (!stopping || !jobs.empty() || !handler.Idle()) return false;
  ended = true;
  return true;
}

void EventLoop::Impl::Run(Handler& handler) {
  probe_due = clock.Mono() + kProbeEvery;
  do {
    RunJobs();
    const MonoTime now = clock.Mono();
    const MonoTime until = handler.OnTurn(now);
    if (EndWhenIdle(handler)) break;
    if (!TakeEvents(handler, std::min(until, Probe(now)))) return;
  } while (true);
  queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {  // the last wake-up
  }
}

EventLoop::EventLoop(const Clock& clock) : impl_(std::make_unique<Impl>(clock)) {}

EventLoop::~EventLoop() {
  if (impl_->thread.joinable()) {
    Stop();
  } else {
    impl_->queue.Shutdown();
  }
}

grpc::CompletionQueue& EventLoop::Queue() { return impl_->queue; }

void EventLoop::Start(Handler& handler) {
  impl_->thread = std::jthread([impl = impl_.get(), &handler] { impl->Run(handler); });
}

void EventLoop::Post(std::function<void()> job) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->ended) {
      impl_->jobs.push_back(std::move(job));
      impl_->Wake();
      return;
    }
  }
  job();
}

void EventLoop::Stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->Wake();
  }
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace dst_load::workers
