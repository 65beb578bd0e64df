// Giving up: what no stream will learn any more, and what should not be.
#include <algorithm>

#include <fmt/format.h>

#include "measure/service_ledger.h"

namespace dst_load::measure {

void ServiceLedger::Expire(WallTime now, std::optional<MonoTime> mono, WallTime told_until) {
  latest_wall_ = std::max(latest_wall_, now);
  if (!truth_started_) return;
  // Of what came later, the truth may yet say something else.
  const WallTime before = told_until - limits_->convergence_deadline;
  DropPassed();
  while (!changes_.empty() && changes_.front().t1 < before) {
    GiveUp(first_change_, now, true);
    DropPassed();
  }
  JudgeDeletion(before);
  std::erase_if(stacked_, [&](EndpointId id) { return table_[id].changes.size() < 2; });
  if (oldest_early_ < before) ExpireEarly(before);
  // After that: what the truth will not tell of any more excuses no stream.
  if (quiet_from_ && *quiet_from_ < before) JudgeSiblings();
  if (expecting_ > 0 && mono) ExpireFirstUpdates(told_until, *mono - (now - told_until));
  if (replacing_ > 0) ExpireReplacements(before);
  if (reopened_ > 0) JudgeReopened(before);
}

void ServiceLedger::Conclude(WallTime now) {
  const std::uint64_t end = first_change_ + changes_.size();
  for (std::uint64_t index = first_change_; index < end; ++index) GiveUp(index, now, false);
  DropPassed();
  ConcludeEarly();
  if (quiet_from_) JudgeSiblings();
  joined_.Each([&](Slot slot) {
    Stream& stream = streams_[slot];
    if (stream.concluded || stream.missing + stream.extra == 0) return;
    stream.concluded = true;
    Offend(Invariant::kConverged, slot, [&] {
      return fmt::format("holds {} endpoints at the end, where {} are true: {} missing, {} too many", stream.held,
                         truth_size_, stream.missing, stream.extra);
    });
  });
}

void ServiceLedger::GiveUp(std::uint64_t index, WallTime now, bool violates) {
  At(index).waiting.Each([&](Slot slot) { GiveUpOn(index, slot, now, violates); });
}

void ServiceLedger::GiveUpOn(std::uint64_t index, Slot slot, WallTime now, bool violates) {
  const EndpointId id = At(index).endpoint;
  if (violates) JudgeStall(slot, At(index).t1);
  const std::vector<std::uint64_t> run = RunOf(slot, id);
  if (run.size() == 1) {
    const bool added = At(index).added;
    const WallTime t1 = At(index).t1;
    Miss(index, slot, now);
    if (!violates) return;
    Offend(added ? Invariant::kNoMissingEndpoint : Invariant::kNoStaleEndpoint, slot,
           [&] { return fmt::format("{} {} since {}", table_.Text(id), added ? "missing" : "stale", FormatTime(t1)); });
    return;
  }
  // It was undone before the stream saw it. Skipped, unless the stream fell silent or had shown newer things before
  // that.
  const WallTime last_t2 = streams_[slot].last_t2;
  const bool silent = last_t2 <= At(run[1]).t1;
  if (silent || At(index).passed_over.Has(slot)) {
    Miss(index, slot, now);
  } else {
    CreditChange(index, slot, last_t2, true);
  }
  if (silent) {
    Miss(run[1], slot, now);
  } else {
    CreditChange(run[1], slot, last_t2, true);
  }
}

void ServiceLedger::Miss(std::uint64_t index, Slot slot, WallTime now) {
  const PendingChange& change = At(index);
  ++CountsOf(slot).missing;
  Sample(slot, change.t0, change.t1, now);
  if (change.t0 && !streams_[slot].slow) convergence_.Missed(index_, *change.t0, now);
  Settle(index, slot);
}

void ServiceLedger::ExpireEarly(WallTime before) {
  oldest_early_ = WallTime::max();
  for (EndpointId id = 0; id < table_.Size(); ++id) {
    EndpointRecord& record = table_[id];
    if (record.early.empty()) continue;
    for (const auto& expired : record.early.Expire(before)) {
      const Slot slot = expired.stream;
      streams_[slot].early -= expired.dropped;
      early_total_ -= expired.dropped;
      if (record.in_truth) JudgeFlaps(id, slot, expired.sights);
      const bool held = record.held.Has(slot);
      if (!expired.last || held == record.in_truth) continue;
      const Invariant broken = !held             ? Invariant::kNoMissingEndpoint
                               : record.was_true ? Invariant::kNoStaleEndpoint
                                                 : Invariant::kNoUnknownEndpoint;
      Offend(broken, slot, [&] {
        const std::string_view how = !held ? "missing" : record.was_true ? "stale" : "held, though it never was ready,";
        return fmt::format("{} {} since {}", table_.Text(id), how, FormatTime(expired.since));
      });
    }
    if (!record.early.empty()) oldest_early_ = std::min(oldest_early_, record.early.Oldest());
    table_.Release(id);
  }
}

void ServiceLedger::ConcludeEarly() {
  for (EndpointId id = 0; id < table_.Size(); ++id) {
    EndpointRecord& record = table_[id];
    for (auto& expired : record.early.Expire(WallTime::max())) {
      ForgetEarly(expired.stream, expired.dropped);
      // A removal that was not undone may yet be told of. How the set differs now is for `converged` to say.
      if (!expired.sights.back().added) expired.sights.pop_back();
      if (record.in_truth) JudgeFlaps(id, expired.stream, expired.sights);
    }
    table_.Release(id);
  }
}

void ServiceLedger::ExpireFirstUpdates(WallTime now, MonoTime mono) {
  for (Slot slot = 0; slot < streams_.size(); ++slot) {
    const Stream& stream = streams_[slot];
    const Micros age = mono - stream.opened;
    if (!stream.expects_first || age <= limits_->convergence_deadline) continue;
    ExpectFirst(slot, false);
    Offend(Invariant::kFirstUpdate, slot,
           [&] { return fmt::format("no message since it was opened at {}", FormatTime(now - age)); });
  }
}

void ServiceLedger::ExpireReplacements(WallTime before) {
  for (Stream& stream : streams_) {
    if (stream.replacements.empty()) continue;
    std::erase_if(stream.replacements, [&](const Replacement& replacement) {
      if (replacement.added >= before) return false;
      table_.Unpin(replacement.address);
      --replacing_;
      if (replacement.doubtful) --stream.doubtful;
      return true;
    });
  }
}

}  // namespace dst_load::measure
