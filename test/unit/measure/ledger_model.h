#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "measure/ledger.h"

namespace dst_load::measure {

/// The ledger's rules written down slowly: texts, maps and whole-set comparisons, no ids, bits or counters. One
/// service.
class LedgerModel {
 public:
  using Address = std::pair<std::string, std::uint16_t>;

  explicit LedgerModel(LedgerLimits limits) : limits_(limits) {}

  void SetTruth(Seq seq, const std::vector<Endpoint>& endpoints, bool first);
  void Apply(const Change& change);
  void AddStream(int stream, StreamTraits traits);
  void Opened(int stream, MonoTime at, WallTime wall);
  void Closed(int stream);
  void Retired(int stream);
  void Observe(int stream, const std::vector<Endpoint>& added, const std::vector<Endpoint>& removed, bool no_endpoints,
               std::size_t mismatches, WallTime t2, MonoTime mono);
  void Expire(WallTime now, MonoTime mono, WallTime told_until);
  void Conclude(WallTime now, MonoTime mono);

  ServiceCounts Counts(bool slow = false) const;
  const Histogram& ConvergenceTimes() {
    times_ = {};
    for (const auto& [t0, last] : last_t2_) times_.Record(last - t0);
    return times_;
  }
  std::uint64_t Violations(Invariant invariant) const { return violations_.at(static_cast<std::size_t>(invariant)); }
  std::uint64_t Joined() const;
  std::uint64_t SettledStreams() const;
  std::uint64_t Overflow() const { return overflow_; }
  bool Settled() const;
  /// For the generator of histories: what is true, and what a stream holds.
  const std::set<Endpoint>& Truth() const { return truth_; }
  std::vector<Endpoint> HeldBy(int stream) const;

 private:
  struct Sight {
    bool added = false;
    bool inferred = false;
    WallTime t2{};
  };
  struct Waiting {
    Change change;
    bool passed_over = false;
  };
  struct Replacement {
    int removes_due = 0;
    WallTime added{};
    std::optional<WallTime> attributed;
    bool doubtful = false;
  };
  struct Stream {
    std::map<Address, Endpoint> held;
    std::map<Endpoint, std::deque<Waiting>> waiting;
    std::map<Endpoint, std::deque<Sight>> early;
    std::map<Address, Replacement> replaced;
    bool connected = false, awaiting_first = false, expects_first = false, heard = false;
    bool joined = false, concluded = false, was_open = false, reopened = false, stalled = false;
    StreamTraits traits;
    MonoTime opened{};
    WallTime opened_wall{}, first_t2{}, last_t2{}, passed_t1{}, passed_t2{};
  };

  static Address AddressOf(const Endpoint& endpoint) { return {endpoint.ip, endpoint.port}; }
  static bool Holds(const Stream& stream, const Endpoint& endpoint);
  void Flip(const Change& change, std::optional<WallTime> t1);
  bool IsNewOwners(const Endpoint& owner, const Replacement& replacement, WallTime t2) const;
  void Adopt(const Endpoint& endpoint);
  void Answer(Stream& stream, const Change& change);
  void Learned(Stream& stream, const Endpoint& endpoint, bool added, WallTime t2, bool inferred = false);
  void Remember(Stream& stream, const Endpoint& endpoint, const Sight& sight);
  void Credit(const Stream& stream, const Change& change, WallTime t2);
  void Miss(const Stream& stream, const Change& change, WallTime now);
  ServiceCounts& CountsOf(const Stream& stream) { return stream.traits.slow ? slow_ : counts_; }
  /// Removals of what stayed true, among sights that answered nothing.
  void JudgeFlaps(const Stream& stream, const std::vector<Sight>& dropped);
  void JudgeDeletion(WallTime before);
  void JudgeReopened(Stream& stream, WallTime before);
  void JudgeSiblings();
  void NotePassed(Stream& stream, WallTime t1, WallTime t2);
  void CreditSkipped(Stream& stream, WallTime newest_t1, WallTime t2);
  void CreditDoubtful(Stream& stream, WallTime newest_t1);
  void GiveUp(Stream& stream, const Endpoint& endpoint, WallTime now, bool violates);
  Endpoint Resolve(const Endpoint& sighting) const;
  void Add(Stream& stream, const Endpoint& sighting, WallTime t2, bool fresh);
  void Remove(Stream& stream, const Endpoint& sighting, WallTime t2, bool fresh);
  void Empty(Stream& stream, WallTime t2, bool inferred);
  void EmptyIfSilent(Stream& stream, WallTime t2);
  void EmptyAllSilent(WallTime t1);
  void JoinIfEqual(Stream& stream);
  void Violate(const Stream& stream, Invariant invariant) {
    if (!stream.traits.slow) ++violations_[static_cast<std::size_t>(invariant)];
  }

  LedgerLimits limits_;
  bool started_ = false;
  std::set<Endpoint> truth_, was_true_;
  std::map<Endpoint, Seq> true_since_;
  std::map<Endpoint, std::optional<WallTime>> came_, went_;
  std::map<int, Stream> streams_;
  WallTime latest_{};
  std::optional<WallTime> newest_t1_;
  std::uint64_t overflow_ = 0;
  ServiceCounts counts_, slow_;           ///< `pending` is counted when asked
  std::map<WallTime, WallTime> last_t2_;  ///< by T0
  Histogram times_;
  WallTime newest_t2_{};
  std::optional<WallTime> emptied_, filled_, quiet_from_;
  std::array<std::uint64_t, kInvariantCount> violations_{};
};

}  // namespace dst_load::measure
