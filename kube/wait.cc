#include "kube/wait.h"

#include <condition_variable>
#include <mutex>

namespace dst_load::kube {

bool WaitFor(std::stop_token stop, Micros span) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, span, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace dst_load::kube
