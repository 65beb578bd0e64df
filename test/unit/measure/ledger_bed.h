#pragma once

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "measure/ledger.h"

namespace dst_load::measure {

/// Instants of a test, in milliseconds after an arbitrary start; wall and monotonic time differ by a constant.
inline WallTime At(std::int64_t ms) { return WallTime{std::chrono::hours{500'000} + std::chrono::milliseconds{ms}}; }
inline MonoTime MonoAt(std::int64_t ms) { return MonoTime{std::chrono::milliseconds{5'000 + ms}}; }
inline std::int64_t Ms(Micros span) { return span.count() / 1000; }

/// An endpoint in a word: the last part of its address, and its Pod.
struct Who {
  int ip = 0;
  std::string pod;
};
inline Endpoint EndpointOf(const Who& who) { return {"10.0.0." + std::to_string(who.ip), 8080, who.pod}; }

/// A ledger of one service, driven in words: truth as of t, messages at t.
struct LedgerBed {
  explicit LedgerBed(LedgerLimits limits = {}) : ledger(2, limits) {}

  void Truth(const std::vector<Who>& ready) {
    TruthState state{++seq, {{}, {}}};
    for (const Who& who : ready) state.services[0].push_back(EndpointOf(who));
    ledger.SetTruth(state);
  }
  /// A change published at t1 whose scale event was due 10 ms earlier.
  void Adds(const Who& who, std::int64_t t1) { Changes(who, true, t1); }
  void Removes(const Who& who, std::int64_t t1) { Changes(who, false, t1); }
  void Changes(const Who& who, bool added, std::int64_t t1) {
    const Change change{++seq, 0, EndpointOf(who), added, At(t1 - 10), At(t1)};
    ledger.ApplyChanges({&change, 1});
  }

  Ledger::StreamId Open(std::int64_t t = 0) {
    const auto stream = ledger.AddStream(0);
    ledger.Opened(stream, MonoAt(t), At(t));
    return stream;
  }
  void Message(Ledger::StreamId stream, std::int64_t t, const std::vector<Who>& added,
               const std::vector<int>& removed = {}, bool no_endpoints = false) {
    std::vector<std::string> ips;
    for (const Who& who : added) ips.push_back("10.0.0." + std::to_string(who.ip));
    for (const int ip : removed) ips.push_back("10.0.0." + std::to_string(ip));
    std::vector<Sighting> adds, removes;
    for (std::size_t i = 0; i < ips.size(); ++i) {
      if (i < added.size()) {
        adds.push_back({ips[i], 8080, added[i].pod});
      } else {
        removes.push_back({ips[i], 8080, {}});
      }
    }
    ledger.Observe(stream, adds, removes, no_endpoints, At(t), MonoAt(t));
  }
  void Sees(Ledger::StreamId stream, std::int64_t t, const std::vector<Who>& added) { Message(stream, t, added); }
  void Loses(Ledger::StreamId stream, std::int64_t t, const std::vector<int>& removed) {
    Message(stream, t, {}, removed);
  }

  ServiceCounts Counts() const { return ledger.Snapshot().services.at(0); }
  std::uint64_t Violations(Invariant invariant) const {
    return ledger.Snapshot().violations[static_cast<std::size_t>(invariant)];
  }
  std::uint64_t Violations() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : ledger.Snapshot().violations) sum += count;
    return sum;
  }

  Ledger ledger;
  Seq seq = 0;
};

inline const Who kA{1, "a"}, kB{2, "b"}, kC{3, "c"};
/// Another Pod at the address of kA.
inline const Who kHeir{1, "heir"};

/// A bed whose truth is {a, b}, with one stream that holds it.
struct JoinedBed : LedgerBed {
  explicit JoinedBed(LedgerLimits limits = {}) : LedgerBed(limits) {
    Truth({kA, kB});
    stream = Open(0);
    Sees(stream, 5, {kA, kB});
  }
  /// due == credited + missing + pending, and as told.
  void CheckCounts(std::uint64_t credited, std::uint64_t missing, std::uint64_t pending) const {
    const ServiceCounts counts = Counts();
    CHECK(counts.credited == credited);
    CHECK(counts.missing == missing);
    CHECK(counts.pending == pending);
    CHECK(counts.due == credited + missing + pending);
    CHECK(counts.destination.Count() == credited + missing);
  }
  Ledger::StreamId stream = 0;
};

}  // namespace dst_load::measure
