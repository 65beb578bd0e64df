#pragma once

#include <atomic>
#include <functional>
#include <stop_token>
#include <string>

#include "kube/client.h"

namespace dst_load::kube {

struct LeaderOptions {
  std::string ns;
  std::string lease;
  std::string identity;  ///< unique to this process
  Micros lease_duration = std::chrono::seconds{15};
  Micros renew_deadline = std::chrono::seconds{10};
  Micros retry_period = std::chrono::seconds{2};
};

/// Leader election on a coordination.k8s.io Lease, as client-go's. Another's lease counts as expired when it has not
/// changed for lease_duration of our own monotonic clock; nobody's wall clock is trusted. Run blocks; IsLeader is
/// thread-safe.
class LeaderElector {
 public:
  LeaderElector(Client& client, LeaderOptions options, const Clock& clock);

  /// Calls on_started once leading. Returns true when `stop` was asked (the lease is then released), false when the
  /// lease was lost: the process must exit.
  bool Run(std::stop_token stop, const std::function<void()>& on_started);
  bool IsLeader() const { return leading_.load(std::memory_order_acquire); }

 private:
  Client& client_;
  const LeaderOptions options_;
  const Clock& clock_;
  std::atomic<bool> leading_{false};
};

}  // namespace dst_load::kube
