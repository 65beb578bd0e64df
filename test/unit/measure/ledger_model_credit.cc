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
      Credit(change, t2);
      if (first) {
        NotePassed(stream, change.t1, t2);
        newest_t1_ = std::max(newest_t1_.value_or(change.t1), change.t1);
      } else {
        ++counts_.coalesced;
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

void LedgerModel::Credit(const Change& change, WallTime t2) {
  ++counts_.credited;
  counts_.destination.Record(t2 - change.t1);
  if (change.t0) counts_.end_to_end.Record(t2 - *change.t0);
}

void LedgerModel::Miss(const Change& change, WallTime now) {
  ++counts_.missing;
  counts_.destination.Record(now - change.t1);
  if (change.t0) counts_.end_to_end.Record(now - *change.t0);
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
        Credit(run.front().change, t2);
        ++counts_.coalesced;
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
    Credit(run[0].change, *replacement.attributed);
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
  if (run.empty()) {
    Miss(first.change, now);
    if (violates) Violate(first.change.added ? Invariant::kNoMissingEndpoint : Invariant::kNoStaleEndpoint);
    return;
  }
  const Waiting second = run.front();
  run.pop_front();
  const bool silent = stream.last_t2 <= second.change.t1;
  const auto settle = [&](const Change& change, bool lost) {
    if (lost) return Miss(change, now);
    Credit(change, stream.last_t2);
    ++counts_.coalesced;
  };
  settle(first.change, silent || first.passed_over);
  settle(second.change, silent);
}

void LedgerModel::Expire(WallTime now, MonoTime mono) {
  latest_ = std::max(latest_, now);
  if (!started_) return;
  const WallTime before = now - limits_.convergence_deadline;
  for (auto& [id, stream] : streams_) {
    for (auto& [endpoint, run] : stream.waiting) {
      while (!run.empty() && run.front().change.t1 < before) GiveUp(stream, endpoint, now, true);
    }
    for (auto& [endpoint, early] : stream.early) {
      const bool had = !early.empty();
      bool dropped = false;
      while (!early.empty() && early.front().t2 < before) {
        early.pop_front();
        dropped = true;
      }
      const bool held = Holds(stream, endpoint), true_now = truth_.count(endpoint) > 0;
      if (!had || !dropped || !early.empty() || held == true_now) continue;
      Violate(!held                       ? Invariant::kNoMissingEndpoint
              : was_true_.count(endpoint) ? Invariant::kNoStaleEndpoint
                                          : Invariant::kNoUnknownEndpoint);
    }
    if (stream.expects_first && mono - stream.opened > limits_.convergence_deadline) {
      stream.expects_first = false;
      Violate(Invariant::kFirstUpdate);
    }
    std::erase_if(stream.replaced, [&](const auto& one) { return one.second.added < before; });
  }
}

void LedgerModel::Conclude(WallTime now, MonoTime mono) {
  Expire(now, mono);
  for (auto& [id, stream] : streams_) {
    for (auto& [endpoint, run] : stream.waiting) {
      while (!run.empty()) GiveUp(stream, endpoint, now, false);
    }
    std::set<Endpoint> held;
    for (const auto& [address, owner] : stream.held) held.insert(owner);
    if (!stream.joined || stream.concluded || held == truth_) continue;
    stream.concluded = true;
    Violate(Invariant::kConverged);
  }
}

ServiceCounts LedgerModel::Counts() const {
  ServiceCounts counts = counts_;
  counts.due = due_;
  for (const auto& [id, stream] : streams_) {
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

bool LedgerModel::Settled() const { return SettledStreams() == streams_.size(); }

}  // namespace dst_load::measure
