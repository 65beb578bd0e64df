#include "workers/client/lifecycle.h"

#include <algorithm>

namespace dst_load::workers {
namespace {

// span * part / of, without overflow for any ramp-up of less than a century.
Micros Share(Micros span, std::uint64_t part, std::uint64_t of) {
  const double share = static_cast<double>(part) / static_cast<double>(std::max<std::uint64_t>(of, 1));
  return Micros{static_cast<Micros::rep>(static_cast<double>(span.count()) * share)};
}

}  // namespace

Lifecycle::Lifecycle(LifecycleOptions options, std::vector<Place> places, std::uint64_t seed)
    : options_(options), random_(seed) {
  streams_.reserve(places.size());
  for (const auto& place : places) {
    streams_.emplace_back();
    streams_.back().place = place;
  }
}

void Lifecycle::Begin(MonoTime now) {
  for (std::uint32_t i = 0; i < streams_.size(); ++i) {
    const auto& place = streams_[i].place;
    Push(i, now + Share(options_.ramp_up, place.index, place.of), Kind::kOpen);
  }
  if (options_.reset_interval) next_reset_ = now + *options_.reset_interval;
}

std::optional<MonoTime> Lifecycle::Next() const {
  auto next = keep_open_ ? std::nullopt : next_reset_;
  if (!heap_.empty()) next = next ? std::min(*next, heap_.top().when) : heap_.top().when;
  return next;
}

std::optional<Lifecycle::Action> Lifecycle::TakeDue(MonoTime now) {
  if (next_reset_ && !keep_open_ && now >= *next_reset_) ResetAll(now);
  while (!heap_.empty() && heap_.top().when <= now) {
    const Entry entry = heap_.top();
    heap_.pop();
    if (entry.generation != streams_[entry.stream].generation) continue;
    if (entry.kind == Kind::kReset && keep_open_) continue;
    return Action{entry.stream, entry.kind};
  }
  return std::nullopt;
}

void Lifecycle::Opened(std::uint32_t id, MonoTime now) {
  auto& stream = streams_[id];
  stream.open = true;
  stream.opened = now;
  ++stream.generation;
  if (!options_.max_lifetime) return;
  // The first lives differ in length, so that from then on the ends are spread evenly.
  const auto life = stream.first_life ? Share(*options_.max_lifetime, stream.place.index + 1, stream.place.of)
                                      : *options_.max_lifetime;
  stream.first_life = false;
  Push(id, now + life, Kind::kReset);
}

void Lifecycle::Ended(std::uint32_t id, Ending ending, bool worked, MonoTime now) {
  auto& stream = streams_[id];
  const bool healthy = worked || (stream.open && now - stream.opened >= options_.healthy_after);
  if (healthy || ending == Ending::kReset) stream.failures = 0;
  if (healthy && ending == Ending::kFailure) ending = Ending::kServer;
  stream.open = false;
  Push(id, now + Delay(stream, ending), Kind::kOpen);
}

void Lifecycle::KeepOpen() { keep_open_ = true; }

void Lifecycle::Push(std::uint32_t id, MonoTime when, Kind kind) {
  heap_.push({when, id, ++streams_[id].generation, kind});
}

void Lifecycle::ResetAll(MonoTime now) {
  while (*next_reset_ <= now) *next_reset_ += *options_.reset_interval;
  for (std::uint32_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].open) Push(i, now, Kind::kReset);
  }
}

Micros Lifecycle::Delay(Stream& stream, Ending ending) {
  Micros delay = ending == Ending::kFailure ? options_.retry_delay : options_.reopen_delay;
  for (std::uint32_t i = 0; i < stream.failures && delay < options_.longest_delay; ++i) delay *= 2;
  delay = std::min(delay, options_.longest_delay);
  if (ending != Ending::kReset) ++stream.failures;
  // A quarter of jitter on top: who failed together should not come back together.
  return delay + Micros{static_cast<Micros::rep>(random_.Below(static_cast<std::uint64_t>(delay.count()) / 4 + 1))};
}

}  // namespace dst_load::workers
