#include "kube/leader.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/random.h"
#include "kube/lease.h"
#include "kube/wait.h"

namespace dst_load::kube {

LeaderElector::LeaderElector(Client& client, LeaderOptions options, const Clock& clock)
    : client_(client), options_(std::move(options)), clock_(clock) {}

bool LeaderElector::IsLeader() const {
  return clock_.Mono().time_since_epoch().count() < leads_until_.load(std::memory_order_acquire);
}

bool LeaderElector::Run(std::stop_token stop, const std::function<void()>& on_started) {
  if (!Acquire(stop)) return true;
  log::Info("became leader", {{"lease", options_.lease}, {"identity", options_.identity}});
  on_started();
  const bool stopped = Renew(stop);
  leads_until_.store(0, std::memory_order_release);
  if (stopped) {
    Release();
  } else {
    log::Err("leadership lost", {{"lease", options_.lease}, {"identity", options_.identity}});
  }
  return stopped;
}

bool LeaderElector::Acquire(const std::stop_token& stop) {
  Random random(RandomSeed());
  const auto fifth = static_cast<std::uint64_t>(options_.retry_period.count()) / 5 + 1;
  while (!stop.stop_requested()) {
    if (TryHold() == Attempt::kHeld) return true;
    // Candidates that failed together should not try again together.
    const Micros jitter{static_cast<std::int64_t>(random.Below(fifth))};
    if (!WaitFor(stop, options_.retry_period + jitter)) return false;
  }
  return false;
}

bool LeaderElector::Renew(const std::stop_token& stop) {
  while (WaitFor(stop, options_.retry_period)) {
    if (TryHold() == Attempt::kTaken) return false;
    if (!IsLeader()) return false;
  }
  return true;
}

LeaderElector::Attempt LeaderElector::TryHold() {
  const MonoTime started = clock_.Mono();
  auto read = client_.Get(kLeases, options_.ns, options_.lease);
  if (!read && IsNotFound(read.error())) {
    const nlohmann::json fresh{{"apiVersion", kLeases.ApiVersion()},
                               {"kind", kLeases.kind},
                               {"metadata", {{"name", options_.lease}, {"namespace", options_.ns}}}};
    return Write(fresh, /*exists=*/false, started);
  }
  if (!read) {
    log::Warn("lease not read", {{"error", read.error().message}});
    return Attempt::kFailed;
  }
  const Lease lease = ParseLease(*read);
  if (!lease.holder.empty() && lease.holder != options_.identity) {
    if (lease.resource_version != seen_) seen_ = lease.resource_version, seen_since_ = clock_.Mono();
    if (clock_.Mono() - seen_since_ < options_.lease_duration) return Attempt::kTaken;
  }
  return Write(std::move(*read), /*exists=*/true, started);
}

LeaderElector::Attempt LeaderElector::Write(nlohmann::json lease, bool exists, MonoTime started) {
  const auto held = HeldLease(std::move(lease), options_.identity, options_.lease_duration, clock_.Wall());
  const auto written = exists ? client_.Update(kLeases, options_.ns, held) : client_.Create(kLeases, options_.ns, held);
  if (!written) {
    // Somebody was quicker: that is how an election goes.
    const bool routine = IsConflict(written.error()) || IsAlreadyExists(written.error());
    log::Write(routine ? log::Level::kInfo : log::Level::kWarn, "lease not written",
               {{"error", written.error().message}});
    return Attempt::kFailed;
  }
  // Counted from before the request: others may have seen it that early.
  leads_until_.store((started + options_.renew_deadline).time_since_epoch().count(), std::memory_order_release);
  return Attempt::kHeld;
}

void LeaderElector::Release() {
  auto lease = client_.Get(kLeases, options_.ns, options_.lease);
  if (lease && ParseLease(*lease).holder != options_.identity) return;
  const auto released =
      lease ? client_.Update(kLeases, options_.ns, ReleasedLease(std::move(*lease), clock_.Wall())) : std::move(lease);
  if (!released) log::Warn("lease not released", {{"error", released.error().message}});
}

}  // namespace dst_load::kube
