// The truth's side of a service's ledger: changes arrive, and ask streams whether they have seen them.
#include <algorithm>

#include <fmt/format.h>

#include "measure/service_ledger.h"

namespace dst_load::measure {
namespace {

// A sight that was undone again answers a change only when it came at most this long before its T1.
constexpr Micros kEarlyLead = std::chrono::seconds{5};

}  // namespace

ServiceLedger::ServiceLedger(std::uint32_t index, const LedgerLimits& limits, OffenceLog& offences,
                             ClientTimeline& timeline)
    : index_(index),
      name_(fmt::format("service index {}", index)),
      limits_(&limits),
      offences_(&offences),
      timeline_(&timeline) {}

void ServiceLedger::StartTruth(Seq seq, std::span<const Endpoint> endpoints) {
  for (const Endpoint& endpoint : endpoints) {
    const EndpointId id = table_.Intern(endpoint.ip, endpoint.port, endpoint.pod);
    if (!table_[id].in_truth) Flip(id, true, seq, std::nullopt);
  }
  truth_started_ = true;
  for (EndpointId id = 0; id < table_.Size(); ++id) {
    if (table_[id].in_truth) continue;
    table_[id].held.Each([&](Slot slot) { Remember(slot, id, true, false, latest_wall_); });
  }
  for (Slot slot = 0; slot < streams_.size(); ++slot) {
    if (!streams_[slot].connected || !streams_[slot].awaiting_first) continue;
    ExpectFirst(slot, truth_size_ > 0);
    EmptyIfSilent(slot, streams_[slot].opened_wall);
  }
  JoinAllEqual();
}

void ServiceLedger::ReplaceTruth(Seq seq, std::span<const Endpoint> endpoints) {
  std::vector<EndpointId> wanted;
  for (const Endpoint& endpoint : endpoints) {
    const EndpointId id = table_.Intern(endpoint.ip, endpoint.port, endpoint.pod);
    if (!table_[id].in_truth) ReplaceOne(seq, id, true);
    wanted.push_back(id);
  }
  // When something came or went in the gap is not known: what needs to know it is not judged.
  emptied_.reset();
  filled_.reset();
  for (Stream& stream : streams_) stream.reopened = false;
  reopened_ = 0;
  std::sort(wanted.begin(), wanted.end());
  for (EndpointId id = 0; id < table_.Size(); ++id) {
    if (!table_[id].in_truth || std::binary_search(wanted.begin(), wanted.end(), id)) continue;
    ReplaceOne(seq, id, false);
    table_.Release(id);
  }
  if (truth_size_ == 0) EmptyAllSilent(latest_wall_);
  JoinAllEqual();
}

void ServiceLedger::ReplaceOne(Seq seq, EndpointId id, bool added) {
  const std::vector<std::uint64_t> contradicted = table_[id].changes;
  for (const std::uint64_t index : contradicted) {
    At(index).waiting.Each([&](Slot slot) { Abandon(index, slot); });
  }
  Flip(id, added, seq, std::nullopt);
  for (const auto& answer : table_[id].early.AnswerChange(added, WallTime::min(), Micros{0})) {
    ForgetEarly(answer.stream, answer.dropped);
  }
}

void ServiceLedger::Apply(const Change& change) {
  const Endpoint& endpoint = change.endpoint;
  const EndpointId id = table_.Intern(endpoint.ip, endpoint.port, endpoint.pod);
  if (table_[id].in_truth != change.added) {
    Flip(id, change.added, change.seq, change.t1);
    NoteChange(change);
    StreamSet answered;
    AnswerEarly(change, id, answered);
    Demand(change, id, answered);
    if (truth_size_ == 0) EmptyAllSilent(change.t1);
    JoinAllEqual();
    BoundChanges();
  }
  table_.Release(id);
}

void ServiceLedger::Flip(EndpointId id, bool added, Seq seq, std::optional<WallTime> t1) {
  if (added) AdoptUnnamed(id);
  EndpointRecord& record = table_[id];
  for (Slot slot = 0; slot < streams_.size(); ++slot) {
    Stream& stream = streams_[slot];
    if (!stream.active) continue;
    if (!record.held.Has(slot)) {
      added ? ++stream.missing : --stream.missing;
    } else if (added) {
      --stream.extra;
      if (record.was_true) --stream.extra_known;
    } else {
      ++stream.extra;
      ++stream.extra_known;
    }
  }
  record.in_truth = added;
  added ? ++truth_size_ : --truth_size_;
  (added ? record.came : record.went) = t1;
  if (added) {
    record.was_true = true;
    record.truth_seq = seq;
  }
}

void ServiceLedger::AdoptUnnamed(EndpointId id) {
  const AddressId address = table_[id].address;
  const bool unnamed = table_[id].pod.empty();
  for (const EndpointId other : table_.At(address)) {
    const EndpointRecord& record = table_[other];
    if (other == id || record.was_true || (!unnamed && !record.pod.empty())) continue;
    MoveHolders(other, id);
  }
}

void ServiceLedger::MoveHolders(EndpointId from, EndpointId to) {
  table_[from].early.MoveTo(table_[to].early, table_[from].held);
  table_[from].held.Each([&](Slot slot) {
    Drop(slot, from);
    Hold(slot, to);
  });
  table_.Release(from);
}

void ServiceLedger::AnswerEarly(const Change& change, EndpointId id, StreamSet& answered) {
  if (table_[id].early.empty()) return;
  for (const auto& answer : table_[id].early.AnswerChange(change.added, change.t1, kEarlyLead)) {
    const Slot slot = answer.stream;
    ForgetEarly(slot, answer.dropped);
    if (!change.added) JudgeFlaps(id, slot, answer.unasked);
    if (!answer.t2 || !joined_.Has(slot)) continue;
    answered.Add(slot);
    ++CountsOf(slot).due;
    Credit(slot, change.t0, change.t1, *answer.t2);
    NotePassed(slot, change.t1, *answer.t2);
    Passed(slot, change.t1, *answer.t2);
  }
}

void ServiceLedger::Demand(const Change& change, EndpointId id, const StreamSet& answered) {
  EndpointRecord& record = table_[id];
  const std::uint64_t index = first_change_ + changes_.size();
  PendingChange pending{change.seq, id, change.added, change.t0, change.t1, {}, {}};
  const bool stacks = !record.changes.empty();
  joined_.Each([&](Slot slot) {
    if (answered.Has(slot)) return;
    ++CountsOf(slot).due;
    Stream& stream = streams_[slot];
    const std::vector<std::uint64_t> run = stacks ? RunOf(slot, id) : std::vector<std::uint64_t>{};
    if (run.empty() && record.held.Has(slot) == change.added) {
      Credit(slot, change.t0, change.t1, change.t1);
      ++CountsOf(slot).coalesced;
      return;
    }
    if (!change.added && run.empty() && !stream.replacements.empty()) {
      if (const auto t2 = AttributedRemoval(slot, id)) {
        Drop(slot, id);
        Credit(slot, change.t0, change.t1, *t2);
        return;
      }
    }
    if (!run.empty()) {
      ++stream.stacked;
      PendingChange& before = At(run.back());
      if (stream.passed_t1 >= before.t1 && stream.passed_t2 < change.t1) before.passed_over.Add(slot);
    }
    pending.waiting.Add(slot);
    ++stream.pending;
    ++CountsOf(slot).pending;
  });
  if (pending.waiting.empty()) return;
  if (record.changes.size() == 1) stacked_.push_back(id);
  record.changes.push_back(index);
  changes_.push_back(std::move(pending));
}

std::optional<WallTime> ServiceLedger::AttributedRemoval(Slot slot, EndpointId id) {
  Replacement* replacement = FindReplacement(slot, table_[id].address);
  if (replacement == nullptr || !replacement->attributed) return std::nullopt;
  const WallTime t2 = *replacement->attributed;
  const bool new_owners = IsNewOwners(table_[id], *replacement, t2);
  Attribute(slot, *replacement, new_owners ? std::nullopt : std::optional(t2), !new_owners);
  if (!new_owners) return std::nullopt;
  ++replacement->removes_due;
  return t2;
}

void ServiceLedger::BoundChanges() {
  DropPassed();
  while (changes_.size() > limits_->changes_per_service) {
    const std::uint64_t index = first_change_;
    At(index).waiting.Each([&](Slot slot) {
      const std::vector<std::uint64_t> run = RunOf(slot, At(index).endpoint);
      const std::size_t undone_too = std::min<std::size_t>(run.size(), 2);
      for (std::size_t i = 0; i < undone_too; ++i) {
        Abandon(run[i], slot);
        ++overflow_;
      }
    });
    DropPassed();
  }
}

}  // namespace dst_load::measure
