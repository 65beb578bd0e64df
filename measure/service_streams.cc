// The streams' side of a service's ledger: what they hold, and what their messages change.
#include <algorithm>

#include <fmt/format.h>

#include "measure/service_ledger.h"

namespace dst_load::measure {

ServiceLedger::Slot ServiceLedger::AddStream(std::uint32_t stream, StreamTraits traits) {
  auto slot = static_cast<Slot>(streams_.size());
  if (free_slots_.empty()) {
    streams_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  streams_[slot] = {};
  streams_[slot].id = stream;
  streams_[slot].active = true;
  streams_[slot].slow = traits.slow;
  streams_[slot].group = traits.group;
  if (traits.slow) ++counts_.slow_readers;
  streams_[slot].missing = truth_size_;
  ++active_;
  return slot;
}

void ServiceLedger::Opened(Slot slot, MonoTime at, std::optional<WallTime> wall) {
  Stream& stream = streams_[slot];
  latest_wall_ = std::max(latest_wall_, wall.value_or(latest_wall_));
  const bool again = stream.was_open;
  stream.was_open = true;
  stream.connected = true;
  stream.awaiting_first = true;
  stream.opened = at;
  stream.opened_wall = wall.value_or(latest_wall_);
  ForgetReplacements(slot);
  ProveReopened(slot, again);
  ExpectFirst(slot, truth_started_ && truth_size_ > 0);
  if (!joined_.Has(slot)) joining_.Add(slot);
  EmptyIfSilent(slot, stream.opened_wall);
  JoinIfEqual(slot);
}

void ServiceLedger::Closed(Slot slot) {
  streams_[slot].connected = false;
  joining_.Remove(slot);
  ExpectFirst(slot, false);
  ProveReopened(slot, false);
}

void ServiceLedger::Retired(Slot slot) {
  Closed(slot);
  joined_.Remove(slot);
  for (std::uint64_t index = first_change_; index < first_change_ + changes_.size(); ++index) {
    if (At(index).waiting.Has(slot)) Abandon(index, slot);
  }
  for (EndpointId id = 0; id < table_.Size(); ++id) {
    EndpointRecord& record = table_[id];
    const std::uint32_t forgotten = record.early.Forget(slot);
    ForgetEarly(slot, forgotten);
    if (record.held.Remove(slot) || forgotten > 0) table_.Release(id);
  }
  ForgetReplacements(slot);
  held_ -= streams_[slot].held;
  if (streams_[slot].slow) --counts_.slow_readers;
  streams_[slot].active = false;
  --active_;
  free_slots_.push_back(slot);
}

std::uint64_t ServiceLedger::SettledStreams() const {
  std::uint64_t settled = 0;
  joined_.Each([&](Slot slot) { settled += streams_[slot].pending == 0 ? 1 : 0; });
  return settled;
}

void ServiceLedger::Observe(Slot slot, std::span<const Sighting> added, std::span<const Sighting> removed,
                            bool no_endpoints, WallTime t2, MonoTime mono) {
  Stream& stream = streams_[slot];
  latest_wall_ = std::max(latest_wall_, t2);
  stream.last_t2 = t2;
  newest_t2_ = std::max(newest_t2_, t2);
  stream.stalled = false;
  ServiceCounts& counts = CountsOf(slot);
  ++counts.messages;
  newest_t1_.reset();
  if (!joined_.Has(slot)) joining_.Add(slot);
  if (stream.awaiting_first) {
    stream.awaiting_first = false;
    ExpectFirst(slot, false);
    stream.first_t2 = t2;
    quiet_from_ = std::max(quiet_from_.value_or(t2), t2);
    counts.first_update.Record(mono - stream.opened);
    if (stream.held > 0) {
      ObserveFresh(slot, added, removed, t2);
      added = removed = {};
      no_endpoints = false;
    }
  }
  if (no_endpoints) {
    ForgetReplacements(slot);
    for (const EndpointId id : HeldBy(slot)) {
      Drop(slot, id);
      Learned(slot, id, false, t2);
    }
  }
  for (const Sighting& sighting : added) AddOne(slot, sighting, t2, false);
  for (const Sighting& sighting : removed) RemoveOne(slot, sighting, t2, false);
  if (newest_t1_) Passed(slot, *newest_t1_, t2);
  JoinIfEqual(slot);
}

void ServiceLedger::ObserveFresh(Slot slot, std::span<const Sighting> added, std::span<const Sighting> removed,
                                 WallTime t2) {
  const std::vector<EndpointId> before = HeldBy(slot);
  for (const EndpointId id : before) Drop(slot, id);
  for (const Sighting& sighting : added) AddOne(slot, sighting, t2, true);
  for (const Sighting& sighting : removed) RemoveOne(slot, sighting, t2, true);
  const std::vector<EndpointId> after = HeldBy(slot);
  for (const EndpointId id : before) {
    if (!std::binary_search(after.begin(), after.end(), id)) Learned(slot, id, false, t2, true);
  }
  for (const EndpointId id : after) {
    if (!std::binary_search(before.begin(), before.end(), id)) Learned(slot, id, true, t2);
  }
}

EndpointId ServiceLedger::Resolve(const Sighting& sighting) {
  const AddressId address = table_.FindAddress(sighting.ip, sighting.port);
  if (address != kNone) {
    if (sighting.pod.empty()) {
      const EndpointId latest = table_.TrueAt(address);
      if (latest != kNone) return latest;
    } else {
      const EndpointId named = table_.Find(address, sighting.pod);
      if (named != kNone && table_[named].in_truth) return named;
      const EndpointId unnamed = table_.Find(address, {});
      if (unnamed != kNone && table_[unnamed].in_truth) return unnamed;
      if (named != kNone) return named;
    }
  }
  return table_.Intern(sighting.ip, sighting.port, sighting.pod);
}

void ServiceLedger::AddOne(Slot slot, const Sighting& sighting, WallTime t2, bool fresh) {
  const EndpointId id = Resolve(sighting);
  if (!sighting.mismatch.empty()) {
    Offend(Invariant::kEndpointMetadata, slot,
           [&] { return fmt::format("{} came with {} at {}", table_.Text(id), sighting.mismatch, FormatTime(t2)); });
  }
  if (table_[id].held.Has(slot)) {
    ++CountsOf(slot).redundant;
    return;
  }
  const AddressId address = table_[id].address;
  if (const EndpointId owner = table_.OwnerAt(address, slot); owner != kNone) {
    Drop(slot, owner);
    NoteReplacement(slot, address, t2);
    if (!fresh) Learned(slot, owner, false, t2);
  }
  Hold(slot, id);
  if (!fresh) Learned(slot, id, true, t2);
}

void ServiceLedger::RemoveOne(Slot slot, const Sighting& sighting, WallTime t2, bool fresh) {
  const AddressId address = table_.FindAddress(sighting.ip, sighting.port);
  const EndpointId owner = address == kNone ? kNone : table_.OwnerAt(address, slot);
  if (address != kNone && TakenForOldOwner(slot, address, owner, t2)) return;
  if (owner == kNone) {
    Offend(Invariant::kKnownRemoval, slot, [&] {
      return fmt::format("removal of {}:{} at {}, which was not held", sighting.ip, sighting.port, FormatTime(t2));
    });
    return;
  }
  if (Replacement* replacement = FindReplacement(slot, address)) Attribute(slot, *replacement, std::nullopt, false);
  Drop(slot, owner);
  if (!fresh) Learned(slot, owner, false, t2);
}

bool ServiceLedger::TakenForOldOwner(Slot slot, AddressId address, EndpointId owner, WallTime t2) {
  Replacement* replacement = FindReplacement(slot, address);
  if (replacement == nullptr || replacement->removes_due == 0) return false;
  if (owner != kNone) {
    const EndpointRecord& record = table_[owner];
    const bool gone = !record.in_truth && !record.early.Has(slot);
    if (gone && IsNewOwners(record, *replacement, t2)) return false;
    Attribute(slot, *replacement, t2, gone);
  }
  --replacement->removes_due;
  ++CountsOf(slot).replaced;
  return true;
}

bool ServiceLedger::IsNewOwners(const EndpointRecord& owner, const Replacement& replacement, WallTime t2) const {
  if (!owner.went) return false;
  const Micros life = *owner.went - owner.came.value_or(replacement.added);
  return 2 * (t2 - replacement.added) > life;
}

ServiceLedger::Replacement* ServiceLedger::FindReplacement(Slot slot, AddressId address) {
  for (Replacement& replacement : streams_[slot].replacements) {
    if (replacement.address == address) return &replacement;
  }
  return nullptr;
}

void ServiceLedger::NoteReplacement(Slot slot, AddressId address, WallTime t2) {
  Replacement* replacement = FindReplacement(slot, address);
  if (replacement == nullptr) {
    table_.Pin(address);
    ++replacing_;
    replacement = &streams_[slot].replacements.emplace_back(Replacement{address, 0, t2, {}, false});
  }
  ++replacement->removes_due;
  replacement->added = t2;
  Attribute(slot, *replacement, std::nullopt, false);
}

void ServiceLedger::Attribute(Slot slot, Replacement& replacement, std::optional<WallTime> t2, bool doubtful) {
  if (doubtful != replacement.doubtful) doubtful ? ++streams_[slot].doubtful : --streams_[slot].doubtful;
  replacement.doubtful = doubtful;
  replacement.attributed = t2;
}

void ServiceLedger::ForgetReplacements(Slot slot) {
  for (const Replacement& replacement : streams_[slot].replacements) {
    table_.Unpin(replacement.address);
    --replacing_;
  }
  streams_[slot].replacements = {};
  streams_[slot].doubtful = 0;
}

void ServiceLedger::Hold(Slot slot, EndpointId id) {
  EndpointRecord& record = table_[id];
  if (!record.held.Add(slot)) return;
  Stream& stream = streams_[slot];
  ++stream.held;
  ++held_;
  if (record.in_truth) {
    --stream.missing;
  } else {
    ++stream.extra;
    if (record.was_true) ++stream.extra_known;
  }
}

void ServiceLedger::Drop(Slot slot, EndpointId id) {
  EndpointRecord& record = table_[id];
  if (!record.held.Remove(slot)) return;
  Stream& stream = streams_[slot];
  --stream.held;
  --held_;
  if (record.in_truth) {
    ++stream.missing;
  } else {
    --stream.extra;
    if (record.was_true) --stream.extra_known;
  }
  table_.Release(id);
}

std::vector<EndpointId> ServiceLedger::HeldBy(Slot slot) const {
  std::vector<EndpointId> held;
  if (streams_[slot].held == 0) return held;
  held.reserve(streams_[slot].held);
  for (EndpointId id = 0; id < table_.Size(); ++id) {
    if (table_[id].held.Has(slot)) held.push_back(id);
  }
  return held;
}

void ServiceLedger::EmptyIfSilent(Slot slot, WallTime t2) {
  const Stream& stream = streams_[slot];
  if (!stream.connected || !stream.awaiting_first || !truth_started_ || truth_size_ > 0) return;
  for (const EndpointId id : HeldBy(slot)) {
    Drop(slot, id);
    Learned(slot, id, false, t2, true);
  }
}

void ServiceLedger::EmptyAllSilent(WallTime t1) {
  for (Slot slot = 0; slot < streams_.size(); ++slot) {
    if (!streams_[slot].awaiting_first) continue;
    ExpectFirst(slot, false);
    EmptyIfSilent(slot, std::max(streams_[slot].opened_wall, t1));
  }
}

void ServiceLedger::ExpectFirst(Slot slot, bool expects) {
  bool& flag = streams_[slot].expects_first;
  if (flag == expects) return;
  flag = expects;
  expects ? ++expecting_ : --expecting_;
}

void ServiceLedger::JoinIfEqual(Slot slot) {
  const Stream& stream = streams_[slot];
  if (!truth_started_ || !joining_.Has(slot) || stream.missing > 0 || stream.extra_known > 0) return;
  if (stream.awaiting_first && truth_size_ > 0) return;
  joining_.Remove(slot);
  joined_.Add(slot);
}

void ServiceLedger::JoinAllEqual() {
  joining_.Each([&](Slot slot) { JoinIfEqual(slot); });
}

std::string ServiceLedger::Where(Slot slot) const { return fmt::format("{} stream {}", name_, streams_[slot].id); }

}  // namespace dst_load::measure
