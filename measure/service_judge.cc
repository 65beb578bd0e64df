// What one message cannot show: endpoints that were away for a while, streams that fell behind their siblings, services
// that came and went.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "measure/service_ledger.h"

namespace dst_load::measure {

void ServiceLedger::NoteChange(const Change& change) {
  quiet_from_ = std::max(quiet_from_.value_or(change.t1), change.t1);
  if (truth_size_ == 0) {
    emptied_ = change.t1;
    filled_.reset();
  } else if (truth_size_ == 1 && change.added) {
    filled_ = change.t1;
    emptied_.reset();
  }
}

void ServiceLedger::JudgeFlaps(EndpointId id, Slot slot, const std::vector<EarlySight>& dropped) {
  for (const EarlySight& sight : dropped) {
    if (sight.added || sight.inferred) continue;
    Offend(Invariant::kNoFlap, slot, [&] {
      return fmt::format("{} was removed at {}, though it stayed ready", table_.Text(id), FormatTime(sight.t2));
    });
  }
}

void ServiceLedger::JudgeStall(Slot slot, WallTime t1) {
  Stream& stream = streams_[slot];
  if (stream.stalled || !stream.connected || stream.opened_wall > t1) return;
  if (stream.last_t2 > t1 || newest_t2_ <= t1) return;
  stream.stalled = true;
  Offend(Invariant::kNoStalledStream, slot, [&] {
    return fmt::format("silent since {}, while others of the service were told of changes after {}",
                       FormatTime(stream.last_t2), FormatTime(t1));
  });
}

void ServiceLedger::JudgeDeletion(WallTime before) {
  if (emptied_ && *emptied_ < before) {
    joined_.Each([&](Slot slot) {
      if (streams_[slot].held == 0) return;
      Offend(Invariant::kServiceDeletion, slot, [&] {
        return fmt::format("holds {} endpoints of a service that has none since {}", streams_[slot].held,
                           FormatTime(*emptied_));
      });
    });
    emptied_.reset();
  }
  if (filled_ && *filled_ < before) {
    joined_.Each([&](Slot slot) {
      if (streams_[slot].held > 0) return;
      Offend(Invariant::kServiceDeletion, slot, [&] {
        return fmt::format("holds nothing of a service that was filled again at {}", FormatTime(*filled_));
      });
    });
    filled_.reset();
  }
}

void ServiceLedger::ProveReopened(Slot slot, bool wanted) {
  bool& flag = streams_[slot].reopened;
  if (flag == wanted) return;
  flag = wanted;
  wanted ? ++reopened_ : --reopened_;
}

void ServiceLedger::JudgeReopened(WallTime before) {
  for (Slot slot = 0; slot < streams_.size(); ++slot) {
    const Stream& stream = streams_[slot];
    if (!stream.reopened || stream.awaiting_first || stream.first_t2 >= before) continue;
    ProveReopened(slot, false);
    if (HasConverged(slot)) continue;
    Offend(Invariant::kReconnectConverges, slot, [&] {
      return fmt::format("opened again at {}, it still differs from what was true then: {} missing, {} too many",
                         FormatTime(stream.opened_wall), stream.missing, stream.extra);
    });
  }
}

bool ServiceLedger::HasConverged(Slot slot) const {
  const Stream& stream = streams_[slot];
  if (stream.missing + stream.extra_known == 0) return true;
  for (EndpointId id = 0; id < table_.Size(); ++id) {
    const EndpointRecord& record = table_[id];
    const bool held = record.held.Has(slot);
    if (held == record.in_truth || (held && !record.was_true)) continue;
    // Ahead of the truth, which will say.
    if (record.early.Has(slot)) continue;
    const std::optional<WallTime>& since = record.in_truth ? record.came : record.went;
    if (since.value_or(WallTime::min()) < stream.opened_wall) return false;
  }
  return true;
}

void ServiceLedger::JudgeSiblings() {
  quiet_from_.reset();
  std::vector<std::uint64_t> sets(streams_.size());
  for (EndpointId id = 0; id < table_.Size(); ++id) {
    // Sums of scattered numbers: two sets have the same one by a chance of 2^-64.
    std::uint64_t scattered = (std::uint64_t{id} + 1) * 0x9e3779b97f4a7c15ULL;
    scattered = (scattered ^ (scattered >> 29)) * 0xbf58476d1ce4e5b9ULL;
    scattered ^= scattered >> 32;
    table_[id].held.Each([&](Slot slot) { sets[slot] += scattered; });
  }
  std::map<std::uint32_t, std::map<std::uint64_t, std::uint32_t>> groups;
  // A stream that is away, or ahead of the truth, has something else to show for itself.
  const auto judged = [&](const Stream& stream) {
    return !stream.slow && stream.connected && !stream.awaiting_first && stream.early == 0;
  };
  joined_.Each([&](Slot slot) {
    if (judged(streams_[slot])) ++groups[streams_[slot].group][sets[slot]];
  });
  joined_.Each([&](Slot slot) {
    const Stream& stream = streams_[slot];
    const auto& sizes = groups[stream.group];
    if (!judged(stream) || sizes.size() < 2) return;
    const auto commonest =
        std::max_element(sizes.begin(), sizes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    if (sets[slot] == commonest->first) return;
    Offend(Invariant::kSiblingAgreement, slot, [&] {
      return fmt::format("holds {} endpoints, others than {} of its siblings do", stream.held, commonest->second);
    });
  });
}

}  // namespace dst_load::measure
