#include "workers/calibrate/pacer.h"

#include <sys/prctl.h>

#include <utility>

namespace dst_load::workers::calibrate {

Pacer::Pacer(const Clock& clock, std::stop_token stop) : clock_(clock), stop_(std::move(stop)) {
  prctl(PR_SET_TIMERSLACK, 1UL);  // else the kernel may wake us 50 us late
}

bool Pacer::Until(WallTime when) {
  std::unique_lock lock(mutex_);
  for (Micros left = when - clock_.Wall(); left > Micros{0}; left = when - clock_.Wall()) {
    if (stop_.stop_requested()) return false;
    stopped_.wait_for(lock, stop_, left, [] { return false; });
  }
  return !stop_.stop_requested();
}

}  // namespace dst_load::workers::calibrate
