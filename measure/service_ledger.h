#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "measure/endpoint_table.h"
#include "measure/ledger.h"
#include "measure/offence_log.h"

namespace dst_load::measure {

/// The ledger of one service: its truth, its streams, and the changes that streams still wait for. ledger.h says what
/// the rules are. Streams are slots here, used again after Retired. Not thread-safe; outlived by what it was
/// made with.
class ServiceLedger {
 public:
  using Slot = std::uint32_t;

  ServiceLedger(std::uint32_t index, const LedgerLimits& limits, OffenceLog& offences, ClientTimeline& timeline);

  void Name(std::string name) { name_ = std::move(name); }

  // The truth (service_truth.cc).
  void StartTruth(Seq seq, std::span<const Endpoint> endpoints);
  void ReplaceTruth(Seq seq, std::span<const Endpoint> endpoints);
  void Apply(const Change& change);

  // Streams (service_streams.cc).
  Slot AddStream(std::uint32_t stream, StreamTraits traits);
  void Opened(Slot slot, MonoTime at, std::optional<WallTime> wall);
  void Closed(Slot slot);
  void Retired(Slot slot);
  void Observe(Slot slot, std::span<const Sighting> added, std::span<const Sighting> removed, bool no_endpoints,
               WallTime t2, MonoTime mono);

  // Giving up (service_expiry.cc).
  void Expire(WallTime now, std::optional<MonoTime> mono, WallTime told_until);
  /// After Expire of the same instant.
  void Conclude(WallTime now);

  const ServiceCounts& Counts() const { return counts_; }
  const ServiceCounts& SlowCounts() const { return slow_; }
  const ConvergenceLog& Convergences() const { return convergence_; }
  /// Endpoints in all sets together.
  std::uint64_t Held() const { return held_; }
  bool HasStreams() const { return !streams_.empty(); }
  std::uint32_t Active() const { return active_; }
  std::uint32_t Joined() const { return joined_.Count(); }
  std::uint64_t SettledStreams() const;
  std::uint64_t Overflow() const { return overflow_; }

 private:
  /// A stream that saw its address change owners before the old owner's Remove: one Remove too many may follow.
  struct Replacement {
    AddressId address = kNone;
    std::uint32_t removes_due = 0;
    WallTime added{};                    ///< when the newest owner came
    std::optional<WallTime> attributed;  ///< a Remove was taken for the old owner's: perhaps it was the new one's
    bool doubtful = false;               ///< ... and the new one is gone from the truth by now
  };

  struct Stream {
    std::uint32_t id = 0;
    std::uint32_t held = 0;         ///< endpoints in its set
    std::uint32_t missing = 0;      ///< in the truth, not held
    std::uint32_t extra = 0;        ///< held, not in the truth
    std::uint32_t extra_known = 0;  ///< of these, once in the truth
    std::uint32_t pending = 0;      ///< changes waited for
    std::uint32_t stacked = 0;      ///< of these, behind an older one of the same endpoint
    std::uint32_t early = 0;        ///< sights that wait for their truth
    std::uint32_t doubtful = 0;     ///< of its replacements
    bool active = false;
    bool was_open = false;
    bool connected = false;
    bool awaiting_first = false;  ///< connected, without a message yet: what it holds is of before
    bool expects_first = false;   ///< ... and the service has endpoints, so a message must come
    bool concluded = false;
    bool slow = false;
    bool reopened = false;  ///< and not proved yet: see JudgeReopened
    bool stalled = false;   ///< known to be, until it speaks
    std::uint32_t group = 0;
    MonoTime opened{};
    WallTime opened_wall{};
    WallTime first_t2{};   ///< of the first message since it was opened
    WallTime last_t2{};    ///< of its last message
    WallTime passed_t1{};  ///< the newest T1 credited, and when it was seen
    WallTime passed_t2{};
    std::vector<Replacement> replacements;
  };

  struct PendingChange {
    Seq seq = 0;
    EndpointId endpoint = kNone;
    bool added = false;
    std::optional<WallTime> t0;
    WallTime t1{};
    StreamSet waiting;
    StreamSet passed_over;  ///< waiting streams that showed something as new before the change was undone
  };

  // Sets and their distance from the truth.
  void Hold(Slot slot, EndpointId id);
  void Drop(Slot slot, EndpointId id);
  void Flip(EndpointId id, bool added, Seq seq, std::optional<WallTime> t1);
  void AdoptUnnamed(EndpointId id);
  void MoveHolders(EndpointId from, EndpointId to);
  void EmptyIfSilent(Slot slot, WallTime t2);
  void EmptyAllSilent(WallTime t1);
  void JoinIfEqual(Slot slot);
  void JoinAllEqual();
  std::vector<EndpointId> HeldBy(Slot slot) const;

  // Truth changes meeting streams.
  void AnswerEarly(const Change& change, EndpointId id, StreamSet& answered);
  void Demand(const Change& change, EndpointId id, const StreamSet& answered);
  void ReplaceOne(Seq seq, EndpointId id, bool added);
  std::optional<WallTime> AttributedRemoval(Slot slot, EndpointId id);
  void Passed(Slot slot, WallTime newest_t1, WallTime t2);

  // Messages.
  void ObserveFresh(Slot slot, std::span<const Sighting> added, std::span<const Sighting> removed, WallTime t2);
  EndpointId Resolve(const Sighting& sighting);
  void AddOne(Slot slot, const Sighting& sighting, WallTime t2, bool fresh);
  void RemoveOne(Slot slot, const Sighting& sighting, WallTime t2, bool fresh);
  bool TakenForOldOwner(Slot slot, AddressId address, EndpointId owner, WallTime t2);
  bool IsNewOwners(const EndpointRecord& owner, const Replacement& replacement, WallTime t2) const;
  Replacement* FindReplacement(Slot slot, AddressId address);
  void NoteReplacement(Slot slot, AddressId address, WallTime t2);
  void ForgetReplacements(Slot slot);
  void Attribute(Slot slot, Replacement& replacement, std::optional<WallTime> t2, bool doubtful);
  /// The stream's set contains the endpoint from t2 on, or lacks it: credits, or waits for the truth.
  void Learned(Slot slot, EndpointId id, bool added, WallTime t2, bool inferred = false);
  bool CreditPending(Slot slot, EndpointId id, bool added, WallTime t2);
  void CreditSkipped(Slot slot, WallTime newest_t1, WallTime t2);
  void CreditDoubtful(Slot slot, WallTime newest_t1);

  // Pending changes.
  PendingChange& At(std::uint64_t index) { return changes_[index - first_change_]; }
  std::vector<std::uint64_t> RunOf(Slot slot, EndpointId id);
  void Settle(std::uint64_t index, Slot slot);
  void Sample(Slot slot, const std::optional<WallTime>& t0, WallTime t1, WallTime t2);
  void Credit(Slot slot, const std::optional<WallTime>& t0, WallTime t1, WallTime t2);
  void CreditChange(std::uint64_t index, Slot slot, WallTime t2, bool skipped);
  void Miss(std::uint64_t index, Slot slot, WallTime now);
  void Abandon(std::uint64_t index, Slot slot);
  void NotePassed(Slot slot, WallTime t1, WallTime t2);
  void BoundChanges();
  void GiveUp(std::uint64_t index, WallTime now, bool violates);
  void GiveUpOn(std::uint64_t index, Slot slot, WallTime now, bool violates);
  void DropPassed();
  void Remember(Slot slot, EndpointId id, bool added, bool inferred, WallTime t2);
  void ForgetEarly(Slot slot, std::uint32_t count);
  void ExpectFirst(Slot slot, bool expects);
  void ExpireEarly(WallTime before);
  void ConcludeEarly();
  void ExpireFirstUpdates(WallTime now, MonoTime mono);
  void ExpireReplacements(WallTime before);

  // Judging what only shows in time (service_judge.cc).
  void NoteChange(const Change& change);
  void JudgeFlaps(EndpointId id, Slot slot, const std::vector<EarlySight>& dropped);
  void JudgeStall(Slot slot, WallTime t1);
  void JudgeDeletion(WallTime before);
  void ProveReopened(Slot slot, bool wanted);
  void JudgeReopened(WallTime before);
  bool HasConverged(Slot slot) const;
  void JudgeSiblings();
  ServiceCounts& CountsOf(Slot slot) { return streams_[slot].slow ? slow_ : counts_; }
  std::string Where(Slot slot) const;
  /// Counts a violation of that stream; `describe` gives what is said after where it was.
  template <class Describe>
  void Offend(Invariant invariant, Slot slot, Describe describe) {
    if (streams_[slot].slow) return;
    offences_->Add(invariant, [&] { return Where(slot) + ": " + describe(); });
  }

  std::uint32_t index_;
  std::string name_;
  const LedgerLimits* limits_;
  OffenceLog* offences_;
  ClientTimeline* timeline_;

  EndpointTable table_;
  bool truth_started_ = false;
  std::uint32_t truth_size_ = 0;

  std::vector<Stream> streams_;
  std::vector<Slot> free_slots_;
  std::uint32_t active_ = 0;
  std::uint32_t expecting_ = 0;
  std::uint32_t replacing_ = 0;
  std::uint32_t reopened_ = 0;  ///< streams whose reopening is not proved yet
  std::uint64_t held_ = 0;
  StreamSet joined_;
  StreamSet joining_;

  std::deque<PendingChange> changes_;
  std::uint64_t first_change_ = 0;   ///< index of changes_.front()
  std::vector<EndpointId> stacked_;  ///< endpoints of which several changes may be waited for
  std::uint64_t early_total_ = 0;
  WallTime oldest_early_ = WallTime::max();
  WallTime latest_wall_{};             ///< newest instant heard of, from anything
  std::optional<WallTime> newest_t1_;  ///< of what the current message was credited with

  WallTime newest_t2_{};             ///< of the newest message on any stream
  std::optional<WallTime> emptied_;  ///< T1 of the change that left nothing true, until that is judged
  std::optional<WallTime> filled_;   ///< T1 of the first one after it, likewise
  std::optional<WallTime>
      quiet_from_;  ///< T1 of the newest change or first message of a stream, until the quiet after it is judged

  ServiceCounts counts_;
  ServiceCounts slow_;
  ConvergenceLog convergence_;
  std::uint64_t overflow_ = 0;
};

}  // namespace dst_load::measure
