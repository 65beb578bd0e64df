#include "kube/watch_machine.h"

#include <utility>

#include "kube/retry.h"

namespace dst_load::kube {

void WatchMachine::Resume() {
  state_ = resource_version_.empty() ? Watcher::State::kListing : Watcher::State::kWatching;
  progressed_ = false;
}

void WatchMachine::Listed(std::string resource_version) {
  resource_version_ = std::move(resource_version);
  Resume();
}

void WatchMachine::Advance(std::string resource_version) {
  if (!resource_version.empty()) resource_version_ = std::move(resource_version);
  progressed_ = true;
  failures_ = 0;
}

void WatchMachine::Ended() {
  if (progressed_) {
    Resume();
  } else {
    BackOff();
  }
}

void WatchMachine::Failed(const Error& error) {
  if (IsGone(error)) resource_version_.clear();
  // A watch that went well until it was too old lists at once; one that is too old at once must not spin.
  if (IsGone(error) && progressed_) {
    Resume();
  } else {
    BackOff();
  }
}

void WatchMachine::BackOff() {
  const Micros longest = Exponential(backoff_min_, backoff_max_, failures_);
  const auto jitter = random_.Below(static_cast<std::uint64_t>(longest.count()) / 2 + 1);
  delay_ = longest - Micros{static_cast<std::int64_t>(jitter)};
  ++failures_;
  state_ = Watcher::State::kBackoff;
}

}  // namespace dst_load::kube
