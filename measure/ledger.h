#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
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
  std::string_view
      mismatch{};  ///< what its metadata says that cannot be: "weight 1"; empty when all is as it should be
};

/// What a stream is among its siblings.
struct StreamTraits {
  std::uint32_t group = 0;  ///< streams of one service and group (a node) are siblings: the server feeds them alike
  bool slow = false;        ///< reads slowly on purpose: counted apart, and its lateness held against nobody
};

struct LedgerLimits {
  std::size_t early_per_stream = 4096;                     ///< observations that wait for their truth
  Micros convergence_deadline = std::chrono::seconds{60};  ///< after T1, a change not seen is missing
  std::size_t changes_per_service = 65536;                 ///< changes kept for streams that have not seen them
};

/// Matches what streams see with what is true, and judges it. The heart of the client.
///
/// A change is due on every stream that had joined before it (held the whole truth once), and is credited when the
/// stream's set first contains, or no longer contains, that endpoint. Coalesced, repeated, reordered messages and such
/// as come before their truth lose and double nothing. An Add for an address already held by another Pod replaces its
/// owner.
///
/// The rules in full:
/// - Joining. A stream joins when it is connected, had a message since, and its set equals the truth of its service,
///   endpoints that the truth never held left out: those are ahead of it. With an empty truth it joins when it is
///   opened, since servers are silent about empty services. Once joined it stays so through reconnects, until Retired.
///   Changes applied before that are not due on it. Nothing joins before the first SetTruth.
/// - Early. What a stream learns before the truth does is kept with its T2, answers the change when that comes, and is
///   judged at the deadline: held and never true is `no_unknown_endpoint`, held and true once `no_stale_endpoint`,
///   lacked and true `no_missing_endpoint`. What was undone again answers a change only from 5 s before its T1 on:
///   before that it was a flap. Before the first SetTruth no times are kept; what is held beyond it counts as seen when
///   it arrives.
/// - Coalescing. When a stream's set shows the latest truth of an endpoint, everything pending of that endpoint is
/// credited
///   at that T2. When an endpoint came and went (or went and came) without the stream showing it, nothing more may ever
///   come: the two changes are credited with the T2 at which the stream shows any change of a later T1; failing that,
///   at the deadline, with the T2 of its last message, when one came after the second change. They are `coalesced`: no
///   sample is lost, none is invented from a clock. They stay pending until then, as a late server may still send both.
///   It is not coalescing but a loss when the stream had shown something as new as the first change before the second
///   was published: then the first is `missing` at the deadline. On a stream silent since then both are.
/// - A change whose effect the stream already has, without having been seen to learn it (it was given up before, or its
///   early observation was dropped), is credited at T1, as `coalesced`.
/// - Owners. An Add that names another Pod than the stream holds at that address removes the old owner at the same T2.
/// One
///   Remove of the address may follow for the old owner, within the deadline; it is counted as `replaced` and not acted
///   on. Servers that send none are understood as well: the Remove was the new owner's, and credits it at its T2, when
///   the truth has the new owner gone and either the Remove came later after the Add than half of that Pod's life, or
///   the stream shows a change of a later T1 without a second Remove. An Add without a Pod's name means the Pod that
///   became true last at that address, or one unknown that the next to become true there is taken to be.
/// - Reconnects. The set of before is kept until the first message, and then compared: what is absent is removed, what
/// is new
///   added, at that T2. If the rest of the set follows in a second message, the removal is forgotten again. On an
///   empty service no message comes: the set is empty from the opening on.
/// - Flaps. A message that removes an endpoint which the truth keeps, from 5 s before to the deadline after, is
///   `no_flap`, whether it is added again or not. What a reconnect lacks is not a flap.
/// - Emptied and filled. When the truth of a service has been empty for the deadline, a stream that holds anything is
///   `service_deletion`; as is one that holds nothing the deadline after the service was filled again.
/// - Quiet. Once the truth has stood still for the deadline, with no stream (re)opened, and at the end after such news,
/// streams of a group whose set is not the
///   commonest one of it are `sibling_agreement`.
/// - Stalls. A connected stream that had no message since a change it waited for in vain, while another stream of the
///   service had one, is `no_stalled_stream`; again only after it has spoken.
/// - Reopened streams. The deadline after the first message, what was true before the opening and still is must be
///   held, and what was gone before it must not be: else `reconnect_converges`, once an opening.
/// - Metadata. Each sighting with a mismatch is `endpoint_metadata`.
/// - Giving up. At the deadline a pending change is `missing`, with a censored sample at its age, and a violation if it
/// is
///   still the truth. It is never credited later.
/// - `due == credited + missing + pending`, always. Retired, gaps and bounds lower `due` by what they drop; bounds
/// count
///   it as early_overflow.
///
/// Streams are dense indexes. Pure: no clock, no I/O. Not thread-safe: one Ledger a thread, snapshots merged.
class Ledger {
 public:
  using StreamId = std::uint32_t;

  Ledger(std::size_t service_count, LedgerLimits limits);
  ~Ledger();
  Ledger(Ledger&&) noexcept;
  Ledger& operator=(Ledger&&) noexcept;

  /// The truth as of state.seq. The first one starts the ledger; one at or below the current seq is skipped; a later
  /// one counts a truth gap: pending changes that it contradicts are no longer due, and nothing is due for what it
  /// tells anew.
  void SetTruth(const TruthState& state);
  /// Appends history; changes at or below the current seq are skipped (the relay repeats itself after a reconnect).
  /// Returns false, changing nothing, when there is a hole before or between the new changes, or when there was no
  /// state yet: ask for the state.
  bool ApplyChanges(std::span<const Change> changes);
  Seq TruthSeq() const;

  /// What offences call a service; "service index 3" until it is told.
  void NameService(std::uint32_t service, std::string name);

  /// A new stream for a service, not yet connected. Ids are dense and in order.
  StreamId AddStream(std::uint32_t service, StreamTraits traits = {});
  /// Connected (again) at `at`: the next message starts its set from scratch. What it held is compared then, not
  /// before. `wall` is the same instant; by default it is derived from the last pair of instants that was given.
  void Opened(StreamId stream, MonoTime at, std::optional<WallTime> wall = std::nullopt);
  /// Ended. It keeps its place: what is due stays due until it is opened again.
  void Closed(StreamId stream);
  /// Left for good (scaled down, lifetime over without reopening): what is pending is no longer due.
  void Retired(StreamId stream);

  /// One message: `added` upserts, `removed` deletes, `no_endpoints` empties the set. `t2` was read before parsing;
  /// `mono` is the same instant for the first-update figure.
  void Observe(StreamId stream, std::span<const Sighting> added, std::span<const Sighting> removed, bool no_endpoints,
               WallTime t2, MonoTime mono);

  /// Gives up on what is older than the convergence deadline at `now`: missing, a censored sample at its age, a
  /// violation. Cheap when nothing is; call it every second or so. `told_until`: when the truth was last known to be
  /// told in full: nothing is given up that was published, seen or opened less than the deadline before that, for what
  /// is told later may explain it. By default `now`.
  void Expire(WallTime now, std::optional<MonoTime> mono = std::nullopt,
              std::optional<WallTime> told_until = std::nullopt);
  /// At quiescence (after drain): every joined stream's set must equal the truth; each that does not is a `converged`
  /// violation (once), and everything pending is given up at its age.
  void Conclude(WallTime now);

  /// True when every stream has joined and nothing is pending, on slow readers left out.
  bool Settled() const;
  /// Fills services, slow, violations, streams_{joined,settled}, early_overflow, truth_gaps, convergence, timeline.
  /// Cumulative.
  ClientSnapshot Snapshot() const;

  /// The first offences, spelled out, at most 20:
  /// "no_missing_endpoint: web.shop.svc.cluster.local:80 stream 17: 10.0.0.7:8080 (pod a) missing since
  /// 2026-11-24T12:00:00.000000Z".
  const std::vector<std::string>& Offences() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dst_load::measure
