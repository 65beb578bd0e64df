#include "measure/ledger.h"

#include <algorithm>
#include <cassert>
#include <deque>

#include "measure/service_ledger.h"

namespace dst_load::measure {

struct Ledger::Impl {
  struct Place {
    std::uint32_t service = 0;
    ServiceLedger::Slot slot = 0;
    bool retired = false;
  };

  LedgerLimits limits;
  OffenceLog offences;
  ClientTimeline timeline;
  std::deque<ServiceLedger> services;  // never moved
  std::vector<Place> streams;
  Seq seq = 0;
  bool started = false;
  std::uint64_t gaps = 0;
  std::optional<Micros> wall_minus_mono;

  explicit Impl(LedgerLimits given) : limits(given) {}

  Place& At(StreamId stream) {
    assert(stream < streams.size());
    return streams[stream];
  }
  ServiceLedger& Of(const Place& place) { return services[place.service]; }
};

Ledger::Ledger(std::size_t service_count, LedgerLimits limits) : impl_(std::make_unique<Impl>(limits)) {
  for (std::size_t i = 0; i < service_count; ++i) {
    impl_->services.emplace_back(static_cast<std::uint32_t>(i), impl_->limits, impl_->offences, impl_->timeline);
  }
}
Ledger::~Ledger() = default;
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;

void Ledger::SetTruth(const TruthState& state) {
  Impl& in = *impl_;
  if (in.started && state.seq <= in.seq) return;
  const bool first = !in.started;
  if (!first) ++in.gaps;
  for (std::size_t i = 0; i < in.services.size(); ++i) {
    std::span<const Endpoint> endpoints;
    if (i < state.services.size()) endpoints = state.services[i];
    if (first) {
      in.services[i].StartTruth(state.seq, endpoints);
    } else {
      in.services[i].ReplaceTruth(state.seq, endpoints);
    }
  }
  in.started = true;
  in.seq = state.seq;
}

bool Ledger::ApplyChanges(std::span<const Change> changes) {
  Impl& in = *impl_;
  while (in.started && !changes.empty() && changes.front().seq <= in.seq) changes = changes.subspan(1);
  if (changes.empty()) return true;
  if (!in.started) return false;
  Seq expected = in.seq;
  for (const Change& change : changes) {
    if (change.seq != ++expected) return false;
  }
  for (const Change& change : changes) {
    if (change.service < in.services.size()) in.services[change.service].Apply(change);
    in.seq = change.seq;
  }
  return true;
}

Seq Ledger::TruthSeq() const { return impl_->seq; }

void Ledger::NameService(std::uint32_t service, std::string name) {
  assert(service < impl_->services.size());
  impl_->services[service].Name(std::move(name));
}

Ledger::StreamId Ledger::AddStream(std::uint32_t service, StreamTraits traits) {
  assert(service < impl_->services.size());
  const auto stream = static_cast<StreamId>(impl_->streams.size());
  impl_->streams.push_back({service, impl_->services[service].AddStream(stream, traits), false});
  return stream;
}

void Ledger::Opened(StreamId stream, MonoTime at, std::optional<WallTime> wall) {
  const Impl::Place& place = impl_->At(stream);
  if (place.retired) return;
  if (wall) impl_->wall_minus_mono = wall->time_since_epoch() - at.time_since_epoch();
  if (impl_->wall_minus_mono) wall = WallTime{at.time_since_epoch() + *impl_->wall_minus_mono};
  impl_->Of(place).Opened(place.slot, at, wall);
}

void Ledger::Closed(StreamId stream) {
  const Impl::Place& place = impl_->At(stream);
  if (!place.retired) impl_->Of(place).Closed(place.slot);
}

void Ledger::Retired(StreamId stream) {
  Impl::Place& place = impl_->At(stream);
  if (!place.retired) impl_->Of(place).Retired(place.slot);
  place.retired = true;
}

void Ledger::Observe(StreamId stream, std::span<const Sighting> added, std::span<const Sighting> removed,
                     bool no_endpoints, WallTime t2, MonoTime mono) {
  const Impl::Place& place = impl_->At(stream);
  if (place.retired) return;
  impl_->wall_minus_mono = t2.time_since_epoch() - mono.time_since_epoch();
  impl_->Of(place).Observe(place.slot, added, removed, no_endpoints, t2, mono);
}

void Ledger::Expire(WallTime now, std::optional<MonoTime> mono, std::optional<WallTime> told_until) {
  if (!mono && impl_->wall_minus_mono) mono = MonoTime{now.time_since_epoch() - *impl_->wall_minus_mono};
  std::uint64_t held = 0;
  for (ServiceLedger& service : impl_->services) {
    service.Expire(now, mono, std::min(told_until.value_or(now), now));
    held += service.Held();
  }
  if (impl_->started) impl_->timeline.At(now).held = held;
}

void Ledger::Conclude(WallTime now) {
  Expire(now);
  for (ServiceLedger& service : impl_->services) service.Conclude(now);
}

bool Ledger::Settled() const {
  for (const ServiceLedger& service : impl_->services) {
    if (service.Joined() != service.Active() || service.Counts().pending > 0) return false;
  }
  return true;
}

ClientSnapshot Ledger::Snapshot() const {
  ClientSnapshot snapshot;
  for (std::size_t i = 0; i < impl_->services.size(); ++i) {
    const ServiceLedger& service = impl_->services[i];
    if (!service.HasStreams()) continue;
    snapshot.services.emplace(static_cast<std::uint32_t>(i), service.Counts());
    snapshot.slow.Merge(service.SlowCounts());
    snapshot.convergence.Merge(service.Convergences());
    snapshot.streams_joined += service.Joined();
    snapshot.streams_settled += service.SettledStreams();
    snapshot.early_overflow += service.Overflow();
  }
  snapshot.violations = impl_->offences.Counts();
  snapshot.truth_gaps = impl_->gaps;
  snapshot.timeline = impl_->timeline;
  return snapshot;
}

const std::vector<std::string>& Ledger::Offences() const { return impl_->offences.Texts(); }

}  // namespace dst_load::measure
