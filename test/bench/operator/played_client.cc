#include "played_client.h"

#include <cmath>

namespace dst_load::op::bench {

void RelayWatch::Published(measure::Seq seq) {
  const std::lock_guard lock(mutex_);
  const MonoTime now = SystemClock().Mono();
  while (newest_ < seq) waited_[++newest_].published = now;
}

void RelayWatch::Told(measure::Seq known, measure::Seq seq) {
  const std::lock_guard lock(mutex_);
  const MonoTime now = SystemClock().Mono();
  for (auto it = waited_.upper_bound(known); it != waited_.end() && it->first <= seq;) {
    each_.Record(now - it->second.published);
    if (++it->second.told < clients_) {
      ++it;
      continue;
    }
    last_.Record(now - it->second.published);
    it = waited_.erase(it);
  }
}

void RelayWatch::Forget() {
  const std::lock_guard lock(mutex_);
  waited_.clear();
  each_ = last_ = {};
}

measure::Histogram RelayWatch::ToEach() const {
  const std::lock_guard lock(mutex_);
  return each_;
}

measure::Histogram RelayWatch::ToLast() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

Micros PlayedFigures::Spread(Micros least, Micros most) {
  random_ = random_ * 6364136223846793005 + 1442695040888963407;
  const double share = double(random_ >> 11) / double(std::uint64_t{1} << 53);
  return Micros{std::int64_t(double(least.count()) * std::pow(double(most.count()) / double(least.count()), share))};
}

void PlayedFigures::Learn(WallTime at, std::uint64_t changes) {
  using std::chrono::milliseconds, std::chrono::seconds;
  for (std::uint32_t service = 0; service < services_; ++service) {
    auto& counts = counted_.services[service];
    for (std::uint64_t i = 0; i < changes * streams_per_service_; ++i) {
      const Micros destination = Spread(milliseconds{2}, milliseconds{400});
      const Micros end_to_end = destination + Spread(seconds{1}, seconds{60});
      counts.destination.Record(destination);
      counts.end_to_end.Record(end_to_end);
      counted_.convergence.Learned(service, at, at + end_to_end);
      auto& slot = counted_.timeline.At(at + end_to_end);
      slot.destination.Record(destination);
      slot.end_to_end.Record(end_to_end);
    }
    counts.due += changes * streams_per_service_;
    counts.credited = counts.messages = counts.due;
  }
  counted_.lag.queue.Record(Spread(Micros{100}, milliseconds{20}));
}

measure::ClientSnapshot PlayedFigures::Snapshot(bool joined) const {
  measure::ClientSnapshot snapshot = counted_;
  snapshot.streams_target = snapshot.streams_open = snapshot.streams_created = Streams();
  snapshot.streams_joined = snapshot.streams_settled = joined ? Streams() : 0;
  return snapshot;
}

PlayedClient::PlayedClient(const coordination::SessionOptions& options, RelayWatch& watch) : watch_(watch) {
  coordination::ClientHandlers handlers;
  handlers.on_truth = [this](const coordination::TruthUpdate& update) {
    const measure::Seq now = update.changes.empty() ? update.state->seq : update.changes.back().seq;
    watch_.Told(known_.exchange(now), now);
  };
  handlers.on_drain = [this](measure::Seq) { drains_ = true; };
  handlers.on_release = [this] { released_ = true; };
  session_ = coordination::ClientSession::Create(options, std::move(handlers), SystemClock());
}

void PlayedClient::Report(const measure::ClientSnapshot& snapshot) { session_->Report(snapshot, {Drains(), "", {}}); }

}  // namespace dst_load::op::bench
