#include "test/unit/measure/ledger_model.h"

#include <algorithm>

namespace dst_load::measure {

void LedgerModel::Learned(Stream& stream, const Endpoint& endpoint, bool added, WallTime t2, bool inferred) {
  if (!started_) return;
  const bool true_now = truth_.count(endpoint) > 0;
  if (auto& run = stream.waiting[endpoint]; !run.empty()) {
    bool first = true;
    do {
      const Change change = run.front().change;
      run.pop_front();
      Credit(stream, change, t2);
      if (first) {
        NotePassed(stream, change.t1, t2);
        newest_t1_ = std::max(newest_t1_.value_or(change.t1), change.t1);
      } else {
        ++CountsOf(stream).coalesced;
      }
      first = false;
    } while (added == true_now && !run.empty());
    return;
  }
  auto& early = stream.early[endpoint];
  if (early.empty() && added == true_now) return;
  if (!early.empty() && added && early.back().inferred) {
    early.pop_back();
    return;
  }
  Remember(stream, endpoint, {added, inferred, t2});
}

void LedgerModel::Remember(Stream& stream, const Endpoint& endpoint, const Sight& sight) {
  std::size_t kept = 0;
  for (const auto& [other, early] : stream.early) kept += early.size();
  if (kept >= limits_.early_per_stream) {
    ++overflow_;
  } else {
    stream.early[endpoint].push_back(sight);
  }
}

void LedgerModel::Credit(const Stream& stream, const Change& change, WallTime t2) {
  ServiceCounts& counts = CountsOf(stream);
  ++counts.credited;
  counts.destination.Record(t2 - change.t1);
  if (!change.t0) return;
  counts.end_to_end.Record(t2 - *change.t0);
  if (!stream.traits.slow) last_t2_[*change.t0] = std::max(last_t2_[*change.t0], t2);
}

void LedgerModel::Miss(const Stream& stream, const Change& change, WallTime now) {
  Credit(stream, change, now);
  --CountsOf(stream).credited;
  ++CountsOf(stream).missing;
}

void LedgerModel::NotePassed(Stream& stream, WallTime t1, WallTime t2) {
  if (t1 <= stream.passed_t1) return;
  stream.passed_t1 = t1;
  stream.passed_t2 = t2;
}

void LedgerModel::CreditSkipped(Stream& stream, WallTime newest_t1, WallTime t2) {
  for (auto& [endpoint, run] : stream.waiting) {
    while (run.size() >= 2 && run[1].change.t1 < newest_t1 && !run[0].passed_over) {
      for (int i = 0; i < 2; ++i) {
        Credit(stream, run.front().change, t2);
        ++CountsOf(stream).coalesced;
        run.pop_front();
      }
    }
  }
}

void LedgerModel::CreditDoubtful(Stream& stream, WallTime newest_t1) {
  for (auto& [address, replacement] : stream.replaced) {
    const auto held = stream.held.find(address);
    if (!replacement.doubtful || held == stream.held.end()) continue;
    auto& run = stream.waiting[held->second];
    if (run.size() != 1 || run[0].change.t1 >= newest_t1) continue;
    Credit(stream, run[0].change, *replacement.attributed);
    NotePassed(stream, run[0].change.t1, *replacement.attributed);
    replacement.attributed.reset();
    replacement.doubtful = false;
    ++replacement.removes_due;
    run.clear();
    stream.held.erase(held);
  }
}

void LedgerModel::GiveUp(Stream& stream, const Endpoint& endpoint, WallTime now, bool violates) {
  auto& run = stream.waiting[endpoint];
  const Waiting first = run.front();
  run.pop_front();
  const WallTime t1 = first.change.t1;
  const bool unheard = stream.connected && stream.opened_wall <= t1 && stream.last_t2 <= t1;
  if (violates && unheard && !stream.stalled && newest_t2_ > t1) {
    stream.stalled = true;
    Violate(stream, Invariant::kNoStalledStream);
  }
  if (run.empty()) {
    Miss(stream, first.change, now);
    if (violates) Violate(stream, first.change.added ? Invariant::kNoMissingEndpoint : Invariant::kNoStaleEndpoint);
    return;
  }
  const Waiting second = run.front();
  run.pop_front();
  const bool silent = stream.last_t2 <= second.change.t1;
  const auto settle = [&](const Change& change, bool lost) {
    if (lost) return Miss(stream, change, now);
    Credit(stream, change, stream.last_t2);
    ++CountsOf(stream).coalesced;
  };
  settle(first.change, silent || first.passed_over);
  settle(second.change, silent);
}

void LedgerModel::Expire(WallTime now, MonoTime mono, WallTime told_until) {
  latest_ = std::max(latest_, now);
  if (!started_) return;
  const WallTime before = told_until - limits_.convergence_deadline;
  for (auto& [id, stream] : streams_) {
    for (auto& [endpoint, run] : stream.waiting) {
      while (!run.empty() && run.front().change.t1 < before) GiveUp(stream, endpoint, now, true);
    }
  }
  JudgeDeletion(before);
  for (auto& [id, stream] : streams_) {
    for (auto& [endpoint, early] : stream.early) {
      const bool had = !early.empty();
      std::vector<Sight> dropped;
      while (!early.empty() && early.front().t2 < before) {
        dropped.push_back(early.front());
        early.pop_front();
      }
      const bool held = Holds(stream, endpoint), true_now = truth_.count(endpoint) > 0;
      if (true_now) JudgeFlaps(stream, dropped);
      if (!had || dropped.empty() || !early.empty() || held == true_now) continue;
      Violate(stream, !held                       ? Invariant::kNoMissingEndpoint
                      : was_true_.count(endpoint) ? Invariant::kNoStaleEndpoint
                                                  : Invariant::kNoUnknownEndpoint);
    }
    if (stream.expects_first && mono - (now - told_until) - stream.opened > limits_.convergence_deadline) {
      stream.expects_first = false;
      Violate(stream, Invariant::kFirstUpdate);
    }
    std::erase_if(stream.replaced, [&](const auto& one) { return one.second.added < before; });
    JudgeReopened(stream, before);
  }
  if (quiet_from_ && *quiet_from_ < before) JudgeSiblings();
}

void LedgerModel::Conclude(WallTime now, MonoTime mono) {
  Expire(now, mono, now);
  for (auto& [id, stream] : streams_) {
    for (auto& [endpoint, run] : stream.waiting) {
      while (!run.empty()) GiveUp(stream, endpoint, now, false);
    }
    for (auto& [endpoint, early] : stream.early) {
      std::vector<Sight> sights(early.begin(), early.end());
      early.clear();
      if (!sights.empty() && !sights.back().added) sights.pop_back();
      if (truth_.count(endpoint)) JudgeFlaps(stream, sights);
    }
  }
  if (quiet_from_) JudgeSiblings();
  for (auto& [id, stream] : streams_) {
    std::set<Endpoint> held;
    for (const auto& [address, owner] : stream.held) held.insert(owner);
    if (!stream.joined || stream.concluded || held == truth_) continue;
    stream.concluded = true;
    Violate(stream, Invariant::kConverged);
  }
}

void LedgerModel::JudgeFlaps(const Stream& stream, const std::vector<Sight>& dropped) {
  for (const Sight& sight : dropped) {
    if (!sight.added && !sight.inferred) Violate(stream, Invariant::kNoFlap);
  }
}

void LedgerModel::JudgeDeletion(WallTime before) {
  for (const bool empty : {true, false}) {
    std::optional<WallTime>& since = empty ? emptied_ : filled_;
    if (!since || *since >= before) continue;
    since.reset();
    for (auto& [id, stream] : streams_) {
      if (stream.joined && stream.held.empty() != empty) Violate(stream, Invariant::kServiceDeletion);
    }
  }
}

void LedgerModel::JudgeReopened(Stream& stream, WallTime before) {
  if (!stream.reopened || stream.awaiting_first || stream.first_t2 >= before) return;
  stream.reopened = false;
  const auto at = [](const auto& times, const Endpoint& endpoint) {
    const auto found = times.find(endpoint);
    return found == times.end() ? WallTime::min() : found->second.value_or(WallTime::min());
  };
  bool differs = false;
  for (const Endpoint& endpoint : was_true_) {
    const bool true_now = truth_.count(endpoint) > 0;
    if (Holds(stream, endpoint) == true_now || !stream.early[endpoint].empty()) continue;
    differs = differs || at(true_now ? came_ : went_, endpoint) < stream.opened_wall;
  }
  if (differs) Violate(stream, Invariant::kReconnectConverges);
}

void LedgerModel::JudgeSiblings() {
  quiet_from_.reset();
  std::map<std::uint32_t, std::vector<std::set<Endpoint>>> groups;
  for (auto& [id, stream] : streams_) {
    bool ahead = false;
    for (const auto& [endpoint, early] : stream.early) ahead = ahead || !early.empty();
    if (!stream.joined || !stream.connected || stream.awaiting_first || ahead || stream.traits.slow) continue;
    std::set<Endpoint> held;
    for (const auto& [address, owner] : stream.held) held.insert(owner);
    groups[stream.traits.group].push_back(held);
  }
  for (const auto& [group, sets] : groups) {
    std::ptrdiff_t most = 0;
    for (const auto& set : sets) most = std::max(most, std::count(sets.begin(), sets.end(), set));
    violations_[static_cast<std::size_t>(Invariant::kSiblingAgreement)] += sets.size() - static_cast<std::size_t>(most);
  }
}

ServiceCounts LedgerModel::Counts(bool slow) const {
  ServiceCounts counts = slow ? slow_ : counts_;
  for (const auto& [id, stream] : streams_) {
    if (stream.traits.slow != slow) continue;
    for (const auto& [endpoint, run] : stream.waiting) counts.pending += run.size();
  }
  return counts;
}

std::uint64_t LedgerModel::Joined() const {
  return static_cast<std::uint64_t>(
      std::count_if(streams_.begin(), streams_.end(), [](const auto& one) { return one.second.joined; }));
}

std::uint64_t LedgerModel::SettledStreams() const {
  std::uint64_t settled = 0;
  for (const auto& [id, stream] : streams_) {
    bool waits = false;
    for (const auto& [endpoint, run] : stream.waiting) waits = waits || !run.empty();
    if (stream.joined && !waits) ++settled;
  }
  return settled;
}

bool LedgerModel::Settled() const { return Joined() == streams_.size() && Counts().pending == 0; }

}  // namespace dst_load::measure
