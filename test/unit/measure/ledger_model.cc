#include "test/unit/measure/ledger_model.h"

#include <algorithm>

namespace dst_load::measure {

bool LedgerModel::Holds(const Stream& stream, const Endpoint& endpoint) {
  const auto found = stream.held.find(AddressOf(endpoint));
  return found != stream.held.end() && found->second == endpoint;
}

void LedgerModel::SetTruth(Seq seq, const std::vector<Endpoint>& endpoints, bool first) {
  const std::set<Endpoint> wanted(endpoints.begin(), endpoints.end());
  std::vector<Change> flips;
  for (const Endpoint& endpoint : endpoints) flips.push_back({seq, 0, endpoint, true, {}, {}});
  for (const Endpoint& endpoint : truth_) {
    if (!wanted.count(endpoint)) flips.push_back({seq, 0, endpoint, false, {}, {}});
  }
  for (const Change& flip : flips) {
    if (truth_.count(flip.endpoint) == static_cast<std::size_t>(flip.added)) continue;
    Flip(flip, std::nullopt);
    for (auto& [id, stream] : streams_) {
      CountsOf(stream).due -= stream.waiting[flip.endpoint].size();
      stream.waiting.erase(flip.endpoint);
      auto& early = stream.early[flip.endpoint];
      while (!early.empty() && early.front().added != flip.added) early.pop_front();
      if (!early.empty()) early.pop_front();
    }
  }
  started_ = true;
  if (first) {
    for (auto& [id, stream] : streams_) {
      for (const auto& [address, owner] : stream.held) {
        if (!truth_.count(owner)) Remember(stream, owner, {true, false, latest_});
      }
      if (!stream.connected || !stream.awaiting_first) continue;
      stream.expects_first = !truth_.empty();
      EmptyIfSilent(stream, stream.opened_wall);
    }
  } else {
    emptied_.reset();
    filled_.reset();
    for (auto& [id, stream] : streams_) stream.reopened = false;
    if (truth_.empty()) EmptyAllSilent(latest_);
  }
  for (auto& [id, stream] : streams_) JoinIfEqual(stream);
}

bool LedgerModel::IsNewOwners(const Endpoint& owner, const Replacement& replacement, WallTime t2) const {
  const auto went = went_.find(owner);
  if (went == went_.end() || !went->second) return false;
  const auto came = came_.find(owner);
  const WallTime start = came != came_.end() && came->second ? *came->second : replacement.added;
  return (t2 - replacement.added).count() * 2 > (*went->second - start).count();
}

void LedgerModel::Flip(const Change& change, std::optional<WallTime> t1) {
  (change.added ? came_ : went_)[change.endpoint] = t1;
  if (!change.added) {
    truth_.erase(change.endpoint);
    return;
  }
  Adopt(change.endpoint);
  truth_.insert(change.endpoint);
  was_true_.insert(change.endpoint);
  true_since_[change.endpoint] = change.seq;
}

void LedgerModel::Adopt(const Endpoint& endpoint) {
  for (auto& [id, stream] : streams_) {
    const auto held = stream.held.find(AddressOf(endpoint));
    if (held == stream.held.end()) continue;
    const Endpoint owner = held->second;
    if (owner == endpoint || was_true_.count(owner) || (!owner.pod.empty() && !endpoint.pod.empty())) continue;
    held->second = endpoint;
    for (const Sight& sight : stream.early[owner]) stream.early[endpoint].push_back(sight);
    stream.early.erase(owner);
  }
}

void LedgerModel::Apply(const Change& change) {
  if (truth_.count(change.endpoint) == static_cast<std::size_t>(change.added)) return;
  Flip(change, change.t1);
  quiet_from_ = std::max(quiet_from_.value_or(change.t1), change.t1);
  if (truth_.empty()) {
    emptied_ = change.t1;
    filled_.reset();
  } else if (truth_.size() == 1 && change.added) {
    filled_ = change.t1;
    emptied_.reset();
  }
  for (auto& [id, stream] : streams_) Answer(stream, change);
  if (truth_.empty()) EmptyAllSilent(change.t1);
  for (auto& [id, stream] : streams_) JoinIfEqual(stream);
}

void LedgerModel::Answer(Stream& stream, const Change& change) {
  auto& early = stream.early[change.endpoint];
  std::vector<Sight> unasked;
  const auto drop = [&] {
    unasked.push_back(early.front());
    early.pop_front();
  };
  while (!early.empty() && early.front().added != change.added) drop();
  while (early.size() >= 2 && early.front().t2 + std::chrono::seconds{5} < change.t1) {
    drop();
    drop();
  }
  if (!change.added) JudgeFlaps(stream, unasked);
  std::optional<WallTime> seen;
  if (!early.empty()) {
    seen = early.front().t2;
    early.pop_front();
  }
  if (!stream.joined) return;
  ++CountsOf(stream).due;
  if (seen) {
    Credit(stream, change, *seen);
    NotePassed(stream, change.t1, *seen);
    CreditSkipped(stream, change.t1, *seen);
    CreditDoubtful(stream, change.t1);
    return;
  }
  auto& run = stream.waiting[change.endpoint];
  if (!run.empty()) {
    const bool showed_newer = stream.passed_t1 >= run.back().change.t1 && stream.passed_t2 < change.t1;
    run.back().passed_over = run.back().passed_over || showed_newer;
    run.push_back({change, false});
    return;
  }
  if (Holds(stream, change.endpoint) == change.added) {
    Credit(stream, change, change.t1);
    ++CountsOf(stream).coalesced;
    return;
  }
  const auto replaced = stream.replaced.find(AddressOf(change.endpoint));
  if (!change.added && replaced != stream.replaced.end() && replaced->second.attributed) {
    const WallTime t2 = *replaced->second.attributed;
    if (IsNewOwners(change.endpoint, replaced->second, t2)) {
      replaced->second.attributed.reset();
      replaced->second.doubtful = false;
      ++replaced->second.removes_due;
      stream.held.erase(AddressOf(change.endpoint));
      Credit(stream, change, t2);
      return;
    }
    replaced->second.doubtful = true;
  }
  run.push_back({change, false});
}

void LedgerModel::AddStream(int stream, StreamTraits traits) {
  streams_[stream] = {};
  streams_[stream].traits = traits;
}

void LedgerModel::Opened(int id, MonoTime at, WallTime wall) {
  Stream& stream = streams_.at(id);
  latest_ = std::max(latest_, wall);
  stream.connected = stream.awaiting_first = stream.heard = true;
  stream.opened = at;
  stream.opened_wall = wall;
  stream.replaced.clear();
  stream.reopened = stream.was_open;
  stream.was_open = true;
  stream.expects_first = started_ && !truth_.empty();
  EmptyIfSilent(stream, wall);
  JoinIfEqual(stream);
}

void LedgerModel::Closed(int id) {
  Stream& stream = streams_.at(id);
  stream.connected = stream.heard = stream.expects_first = stream.reopened = false;
}

void LedgerModel::Retired(int id) {
  for (const auto& [endpoint, run] : streams_.at(id).waiting) CountsOf(streams_.at(id)).due -= run.size();
  streams_.erase(id);
}

void LedgerModel::Observe(int id, const std::vector<Endpoint>& added, const std::vector<Endpoint>& removed,
                          bool no_endpoints, std::size_t mismatches, WallTime t2, MonoTime mono) {
  Stream& stream = streams_.at(id);
  latest_ = std::max(latest_, t2);
  stream.last_t2 = t2;
  newest_t2_ = std::max(newest_t2_, t2);
  stream.heard = true;
  stream.stalled = false;
  ++CountsOf(stream).messages;
  while (mismatches-- > 0) Violate(stream, Invariant::kEndpointMetadata);
  newest_t1_.reset();
  const auto before = stream.held;
  const bool fresh = stream.awaiting_first && !before.empty();
  if (stream.awaiting_first) CountsOf(stream).first_update.Record(mono - stream.opened);
  if (stream.awaiting_first) {
    stream.first_t2 = t2;
    quiet_from_ = std::max(quiet_from_.value_or(t2), t2);
  }
  stream.awaiting_first = stream.expects_first = false;
  if (fresh) {
    stream.held.clear();
  } else if (no_endpoints) {
    stream.replaced.clear();
    Empty(stream, t2, false);
  }
  for (const Endpoint& sighting : added) Add(stream, sighting, t2, fresh);
  for (const Endpoint& sighting : removed) Remove(stream, sighting, t2, fresh);
  if (fresh) {
    const auto after = stream.held;
    for (const auto& [address, owner] : before) {
      if (!after.count(address) || after.at(address) != owner) Learned(stream, owner, false, t2, true);
    }
    for (const auto& [address, owner] : after) {
      if (!before.count(address) || before.at(address) != owner) Learned(stream, owner, true, t2);
    }
  }
  if (const auto newest = newest_t1_) {
    CreditSkipped(stream, *newest, t2);
    CreditDoubtful(stream, *newest);
  }
  JoinIfEqual(stream);
}

Endpoint LedgerModel::Resolve(const Endpoint& sighting) const {
  if (!sighting.pod.empty()) {
    Endpoint unnamed = sighting;
    unnamed.pod.clear();
    return !truth_.count(sighting) && truth_.count(unnamed) ? unnamed : sighting;
  }
  std::optional<Endpoint> latest;
  for (const Endpoint& endpoint : truth_) {
    if (AddressOf(endpoint) != AddressOf(sighting)) continue;
    if (!latest || true_since_.at(endpoint) > true_since_.at(*latest)) latest = endpoint;
  }
  return latest.value_or(sighting);
}

void LedgerModel::Add(Stream& stream, const Endpoint& sighting, WallTime t2, bool fresh) {
  const Endpoint endpoint = Resolve(sighting);
  if (Holds(stream, endpoint)) {
    ++CountsOf(stream).redundant;
    return;
  }
  const Address address = AddressOf(endpoint);
  if (const auto held = stream.held.find(address); held != stream.held.end()) {
    const Endpoint owner = held->second;
    stream.held.erase(held);
    Replacement& replacement = stream.replaced[address];
    ++replacement.removes_due;
    replacement.added = t2;
    replacement.attributed.reset();
    replacement.doubtful = false;
    if (!fresh) Learned(stream, owner, false, t2);
  }
  stream.held[address] = endpoint;
  if (!fresh) Learned(stream, endpoint, true, t2);
}

void LedgerModel::Remove(Stream& stream, const Endpoint& sighting, WallTime t2, bool fresh) {
  const Address address = AddressOf(sighting);
  const auto held = stream.held.find(address);
  const auto replaced = stream.replaced.find(address);
  if (replaced != stream.replaced.end() && replaced->second.removes_due > 0) {
    const bool owned = held != stream.held.end();
    const bool gone = owned && !truth_.count(held->second) && stream.early[held->second].empty();
    if (!gone || !IsNewOwners(held->second, replaced->second, t2)) {
      if (owned) replaced->second.attributed = t2;
      if (owned) replaced->second.doubtful = gone;
      --replaced->second.removes_due;
      ++CountsOf(stream).replaced;
      return;
    }
  }
  if (held == stream.held.end()) return Violate(stream, Invariant::kKnownRemoval);
  if (replaced != stream.replaced.end()) replaced->second.attributed.reset();
  if (replaced != stream.replaced.end()) replaced->second.doubtful = false;
  const Endpoint owner = held->second;
  stream.held.erase(held);
  if (!fresh) Learned(stream, owner, false, t2);
}

void LedgerModel::Empty(Stream& stream, WallTime t2, bool inferred) {
  const auto before = stream.held;
  stream.held.clear();
  for (const auto& [address, owner] : before) Learned(stream, owner, false, t2, inferred);
}

void LedgerModel::EmptyIfSilent(Stream& stream, WallTime t2) {
  if (stream.connected && stream.awaiting_first && started_ && truth_.empty()) Empty(stream, t2, true);
}

void LedgerModel::EmptyAllSilent(WallTime t1) {
  for (auto& [id, stream] : streams_) {
    if (!stream.awaiting_first) continue;
    stream.expects_first = false;
    EmptyIfSilent(stream, std::max(stream.opened_wall, t1));
  }
}

void LedgerModel::JoinIfEqual(Stream& stream) {
  if (!started_ || !stream.heard || stream.joined) return;
  if (stream.awaiting_first && !truth_.empty()) return;
  std::set<Endpoint> held;
  for (const auto& [address, owner] : stream.held) {
    if (was_true_.count(owner)) held.insert(owner);
  }
  stream.joined = held == truth_;
}

std::vector<Endpoint> LedgerModel::HeldBy(int id) const {
  std::vector<Endpoint> held;
  for (const auto& [address, owner] : streams_.at(id).held) held.push_back(owner);
  return held;
}

}  // namespace dst_load::measure
