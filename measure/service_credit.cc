// Where the two sides of a service's ledger meet: what a stream learned settles what it was waiting for, or waits
// itself.
#include <algorithm>

#include "measure/service_ledger.h"

namespace dst_load::measure {

void ServiceLedger::Learned(Slot slot, EndpointId id, bool added, WallTime t2, bool inferred) {
  EndpointRecord& record = table_[id];
  if (!truth_started_ || (!record.changes.empty() && CreditPending(slot, id, added, t2))) return;
  if (record.early.Has(slot)) {
    if (added && record.early.CancelInferredRemoval(slot)) {
      ForgetEarly(slot, 1);
      table_.Release(id);
      return;
    }
  } else if (added == record.in_truth) {
    return;
  }
  Remember(slot, id, added, inferred, t2);
}

void ServiceLedger::Remember(Slot slot, EndpointId id, bool added, bool inferred, WallTime t2) {
  Stream& stream = streams_[slot];
  if (stream.early >= limits_->early_per_stream) {
    ++overflow_;
    return;
  }
  table_[id].early.Push({slot, added, inferred, t2});
  ++stream.early;
  ++early_total_;
  oldest_early_ = std::min(oldest_early_, t2);
}

void ServiceLedger::ForgetEarly(Slot slot, std::uint32_t count) {
  streams_[slot].early -= count;
  early_total_ -= count;
  if (early_total_ == 0) oldest_early_ = WallTime::max();
}

std::vector<std::uint64_t> ServiceLedger::RunOf(Slot slot, EndpointId id) {
  std::vector<std::uint64_t> run;
  for (const std::uint64_t index : table_[id].changes) {
    if (At(index).waiting.Has(slot)) run.push_back(index);
  }
  return run;
}

bool ServiceLedger::CreditPending(Slot slot, EndpointId id, bool added, WallTime t2) {
  const EndpointRecord& record = table_[id];
  if (record.changes.size() == 1) {  // nearly always
    const std::uint64_t index = record.changes.front();
    if (!At(index).waiting.Has(slot)) return false;
    CreditChange(index, slot, t2, false);
    return true;
  }
  const std::vector<std::uint64_t> run = RunOf(slot, id);
  if (run.empty()) return false;
  // The oldest one is what the stream lacked. When that is the latest truth as well, the server skipped what lies
  // between.
  const std::size_t learned = added == record.in_truth ? run.size() : 1;
  for (std::size_t i = 0; i < learned; ++i) CreditChange(run[i], slot, t2, i > 0);
  return true;
}

void ServiceLedger::CreditSkipped(Slot slot, WallTime newest_t1, WallTime t2) {
  std::erase_if(stacked_, [&](EndpointId id) { return table_[id].changes.size() < 2; });
  for (std::size_t i = 0; i < stacked_.size(); ++i) {
    const std::vector<std::uint64_t> run = RunOf(slot, stacked_[i]);
    for (std::size_t first = 0; first + 1 < run.size(); first += 2) {
      const bool passed = At(run[first + 1]).t1 < newest_t1;
      if (!passed || At(run[first]).passed_over.Has(slot)) break;
      CreditChange(run[first], slot, t2, true);
      CreditChange(run[first + 1], slot, t2, true);
    }
  }
}

void ServiceLedger::Passed(Slot slot, WallTime newest_t1, WallTime t2) {
  if (streams_[slot].stacked > 0) CreditSkipped(slot, newest_t1, t2);
  if (streams_[slot].doubtful > 0) CreditDoubtful(slot, newest_t1);
}

void ServiceLedger::CreditDoubtful(Slot slot, WallTime newest_t1) {
  for (Replacement& replacement : streams_[slot].replacements) {
    if (!replacement.doubtful) continue;
    const EndpointId owner = table_.OwnerAt(replacement.address, slot);
    const std::vector<std::uint64_t> run = owner == kNone ? std::vector<std::uint64_t>{} : RunOf(slot, owner);
    if (run.size() != 1 || At(run[0]).t1 >= newest_t1) continue;
    const WallTime t2 = *replacement.attributed;
    Attribute(slot, replacement, std::nullopt, false);
    ++replacement.removes_due;
    Drop(slot, owner);
    CreditChange(run[0], slot, t2, false);
  }
}

void ServiceLedger::Credit(Slot slot, const std::optional<WallTime>& t0, WallTime t1, WallTime t2) {
  ++CountsOf(slot).credited;
  Sample(slot, t0, t1, t2);
  if (t0 && !streams_[slot].slow) convergence_.Learned(index_, *t0, t2);
}

void ServiceLedger::Sample(Slot slot, const std::optional<WallTime>& t0, WallTime t1, WallTime t2) {
  ServiceCounts& counts = CountsOf(slot);
  counts.destination.Record(t2 - t1);
  if (t0) counts.end_to_end.Record(t2 - *t0);
  if (streams_[slot].slow) return;
  ClientSlot& moment = timeline_->At(t2);
  moment.destination.Record(t2 - t1);
  if (t0) moment.end_to_end.Record(t2 - *t0);
}

void ServiceLedger::CreditChange(std::uint64_t index, Slot slot, WallTime t2, bool skipped) {
  const PendingChange& change = At(index);
  Credit(slot, change.t0, change.t1, t2);
  if (skipped) {
    ++CountsOf(slot).coalesced;
  } else {
    NotePassed(slot, change.t1, t2);
    newest_t1_ = std::max(newest_t1_.value_or(change.t1), change.t1);
  }
  Settle(index, slot);
}

void ServiceLedger::NotePassed(Slot slot, WallTime t1, WallTime t2) {
  Stream& stream = streams_[slot];
  if (t1 <= stream.passed_t1) return;
  stream.passed_t1 = t1;
  stream.passed_t2 = t2;
}

void ServiceLedger::Abandon(std::uint64_t index, Slot slot) {
  --CountsOf(slot).due;
  Settle(index, slot);
}

void ServiceLedger::Settle(std::uint64_t index, Slot slot) {
  PendingChange& change = At(index);
  change.waiting.Remove(slot);
  change.passed_over.Remove(slot);
  EndpointRecord& record = table_[change.endpoint];
  Stream& stream = streams_[slot];
  if (record.changes.size() > 1 && !RunOf(slot, change.endpoint).empty()) --stream.stacked;
  --stream.pending;
  --CountsOf(slot).pending;
  if (!change.waiting.empty()) return;
  std::erase(record.changes, index);
  table_.Release(change.endpoint);
}

void ServiceLedger::DropPassed() {
  while (!changes_.empty() && changes_.front().waiting.empty()) {
    changes_.pop_front();
    ++first_change_;
  }
}

}  // namespace dst_load::measure
