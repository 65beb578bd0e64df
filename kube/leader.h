#pragma once

#include <atomic>
#include <functional>
#include <stop_token>
#include <string>

#include <nlohmann/json_fwd.hpp>

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
///
/// Give it a client of its own, with attempts = 1, a timeout of at most renew_deadline and no stop token: a renewal
/// must fail in time, and the lease is released after the stop.
class LeaderElector {
 public:
  LeaderElector(Client& client, LeaderOptions options, const Clock& clock);

  /// Calls on_started once leading; it must return at once, renewal waits for it. Returns true when `stop` was asked
  /// (the lease is then released), false when the lease was lost: the process must exit.
  bool Run(std::stop_token stop, const std::function<void()>& on_started);
  /// False also while Run is stuck in a renewal and renew_deadline has passed.
  bool IsLeader() const;

 private:
  enum class Attempt { kHeld, kFailed, kTaken };

  /// Takes or renews the lease: kHeld. kTaken: another holds it.
  Attempt TryHold();
  Attempt Write(nlohmann::json lease, bool exists, MonoTime started);
  /// False when `stop` is asked.
  bool Acquire(const std::stop_token& stop);
  /// False when the lease was lost.
  bool Renew(const std::stop_token& stop);
  void Release();

  Client& client_;
  const LeaderOptions options_;
  const Clock& clock_;
  std::atomic<Micros::rep> leads_until_{0};  ///< of the monotonic clock; 0: not leading
  std::string seen_;                         ///< the other's lease as last seen, and when that was first
  MonoTime seen_since_{};
};

}  // namespace dst_load::kube
