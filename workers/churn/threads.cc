#include "workers/churn/threads.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace dst_load::workers::churn {

void NameThread(const char* name) { pthread_setname_np(pthread_self(), name); }

Status ForEach(std::size_t count, std::size_t threads, const std::function<bool()>& go_on,
               const std::function<Status(std::size_t)>& task) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::optional<Error> failure;
  const auto failed = [&] {
    const std::lock_guard lock(mutex);
    return failure.has_value();
  };
  const auto work = [&] {
    NameThread("churn-each");
    while (go_on() && !failed()) {
      const std::size_t i = next.fetch_add(1, std::memory_order_relaxed);
      if (i >= count) return;
      const Status status = task(i);
      if (status) continue;
      const std::lock_guard lock(mutex);
      if (!failure) failure = status.error();
    }
  };
  {
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < std::min(count, threads); ++i) workers.emplace_back(work);
  }
  if (failure) return Fail(*failure);
  return {};
}

}  // namespace dst_load::workers::churn
