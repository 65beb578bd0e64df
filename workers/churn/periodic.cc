#include "workers/churn/periodic.h"

#include <condition_variable>
#include <mutex>

#include "workers/churn/threads.h"

namespace dst_load::workers::churn {

Periodic::Periodic(const char* thread_name, Micros every, std::function<void(const std::stop_token&)> task)
    : thread_([thread_name, every, task = std::move(task)](const std::stop_token& stop) {
        NameThread(thread_name);
        std::mutex mutex;
        std::condition_variable_any stopped;
        std::unique_lock lock(mutex);
        while (!stop.stop_requested()) {
          task(stop);
          stopped.wait_for(lock, stop, every, [] { return false; });
        }
      }) {}

}  // namespace dst_load::workers::churn
