#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "measure/snapshot.h"
#include "measure/truth.h"

namespace dst_load::measure {

/// One endpoint as a message on a stream names it, without owning text. `pod` is empty in removals and when unlabelled.
struct Sighting {
  std::string_view ip;
  std::uint16_t port = 0;
  std::string_view pod;
};

struct LedgerLimits {
  std::size_t early_per_stream = 4096;                     ///< observations that wait for their truth
  Micros convergence_deadline = std::chrono::seconds{60};  ///< after T1, a change not seen is missing
};

/// Matches what streams see with what is true, and judges it. The heart of the client.
///
/// A change is due on every stream that had joined before it (held the whole truth once), and is credited when the
/// stream's set first contains, or no longer contains, that endpoint. Coalesced, repeated, reordered messages and such
/// as come before their truth lose and double nothing. An Add for an address already held by another Pod replaces its
/// owner.
///
/// Streams are dense indexes. Pure: no clock, no I/O. Not thread-safe: one Ledger a thread, snapshots merged.
class Ledger {
 public:
  using StreamId = std::uint32_t;

  Ledger(std::size_t service_count, LedgerLimits limits);
  ~Ledger();
  Ledger(Ledger&&) noexcept;
  Ledger& operator=(Ledger&&) noexcept;

  /// The truth as of state.seq. The first one starts the ledger; a later one that is not contiguous counts a truth gap
  /// and settles what was pending by comparison with the new state.
  void SetTruth(const TruthState& state);
  /// Appends history; changes at or below the current seq are skipped (the relay repeats itself after a reconnect).
  /// Returns false, changing nothing, when there is a hole before the first new change: ask for the state.
  bool ApplyChanges(std::span<const Change> changes);
  Seq TruthSeq() const;

  /// A new stream for a service, not yet connected. Ids are dense and in order.
  StreamId AddStream(std::uint32_t service);
  /// Connected (again) at `at`: the next message starts its set from scratch. What it held is compared then, not
  /// before.
  void Opened(StreamId stream, MonoTime at);
  /// Ended. It keeps its place: what is due stays due until it is opened again.
  void Closed(StreamId stream);
  /// Left for good (scaled down, lifetime over without reopening): what is pending is no longer due.
  void Retired(StreamId stream);

  /// One message: `added` upserts, `removed` deletes, `no_endpoints` empties the set. `t2` was read before parsing;
  /// `mono` is the same instant for the first-update figure.
  void Observe(StreamId stream, std::span<const Sighting> added, std::span<const Sighting> removed, bool no_endpoints,
               WallTime t2, MonoTime mono);

  /// Gives up on what is older than the convergence deadline at `now`: missing, a censored sample at its age, a
  /// violation. Cheap when nothing is; call it every second or so.
  void Expire(WallTime now);
  /// At quiescence (after drain): every joined stream's set must equal the truth; each that does not is a `converged`
  /// violation, and everything pending is given up at its age.
  void Conclude(WallTime now);

  /// True when every stream has joined and nothing is pending.
  bool Settled() const;
  /// Fills services, violations, streams_{joined,settled}, early_overflow, truth_gaps. Cumulative.
  ClientSnapshot Snapshot() const;

  /// The first offences, spelled out, at most 20: "test-service index 3 stream 17: 10.0.0.7:8080 missing since …".
  const std::vector<std::string>& Offences() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dst_load::measure
