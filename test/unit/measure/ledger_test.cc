#include "measure/ledger.h"

#include <catch2/catch.hpp>

#include "test/unit/measure/ledger_bed.h"

namespace dst_load::measure {
namespace {

const Who kA{1, "a"}, kB{2, "b"}, kC{3, "c"};
/// Another Pod at the address of kA.
const Who kHeir{1, "heir"};

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

TEST_CASE("A stream joins when it holds the whole truth, and not a message before", "[ledger]") {
  LedgerBed bed;
  bed.Truth({kA, kB});
  const auto stream = bed.Open(0);
  CHECK_FALSE(bed.ledger.Settled());
  bed.Sees(stream, 5, {kA});
  CHECK(bed.ledger.Snapshot().streams_joined == 0);
  bed.Sees(stream, 7, {kB});
  CHECK(bed.ledger.Snapshot().streams_joined == 1);
  CHECK(bed.ledger.Settled());
  CHECK(bed.Counts().due == 0);
  CHECK(Ms(*bed.Counts().first_update.Max()) == 5);
}

TEST_CASE("Nothing joins before there is a truth", "[ledger]") {
  LedgerBed bed;
  const auto stream = bed.Open(0);
  bed.Sees(stream, 5, {kA, kB});
  CHECK(bed.ledger.Snapshot().streams_joined == 0);
  bed.Truth({kA, kB});
  CHECK(bed.ledger.Snapshot().streams_joined == 1);
}

TEST_CASE("A stream of an empty service joins when it is opened, without a message", "[ledger]") {
  LedgerBed bed;
  bed.Truth({});
  const auto unopened = bed.ledger.AddStream(0);
  CHECK(bed.ledger.Snapshot().streams_joined == 0);
  bed.ledger.Opened(unopened, MonoAt(0));
  CHECK(bed.ledger.Settled());
  bed.ledger.Expire(At(100'000), MonoAt(100'000));
  CHECK(bed.Violations() == 0);
}

TEST_CASE("A stream that is ahead of the truth joins, and is credited with what it saw first", "[ledger]") {
  LedgerBed bed;
  bed.Truth({kA, kB});
  const auto stream = bed.Open(0);
  bed.Sees(stream, 105, {kA, kB, kC});
  CHECK(bed.ledger.Settled());
  bed.Adds(kC, 100);
  CHECK(bed.Counts().credited == 1);
  CHECK(Ms(*bed.Counts().destination.Max()) == 5);
}

TEST_CASE("A stream that holds what is true no more does not join yet", "[ledger]") {
  LedgerBed bed;
  bed.Truth({kA, kB});
  bed.Removes(kB, 1);
  const auto stream = bed.Open(2);
  bed.Sees(stream, 5, {kA, kB});
  CHECK_FALSE(bed.ledger.Settled());
  bed.Loses(stream, 6, {2});
  CHECK(bed.ledger.Settled());
  CHECK(bed.Counts().due == 0);
}

TEST_CASE("An add and a removal are credited once each, with all legs", "[ledger]") {
  JoinedBed bed;
  bed.Adds(kC, 100);
  bed.CheckCounts(0, 0, 1);
  CHECK_FALSE(bed.ledger.Settled());
  bed.Sees(bed.stream, 130, {kC});
  bed.CheckCounts(1, 0, 0);
  bed.Removes(kA, 200);
  bed.Loses(bed.stream, 230, {1});
  bed.CheckCounts(2, 0, 0);
  CHECK(Ms(*bed.Counts().destination.Min()) == 30);
  CHECK(Ms(*bed.Counts().destination.Max()) == 30);
  CHECK(Ms(*bed.Counts().end_to_end.Max()) == 40);
  CHECK(bed.ledger.Settled());
  CHECK(bed.Violations() == 0);
}

TEST_CASE("A change without a cause has no end-to-end sample", "[ledger]") {
  JoinedBed bed;
  const Change change{++bed.seq, 0, EndpointOf(kC), true, std::nullopt, At(100)};
  REQUIRE(bed.ledger.ApplyChanges({&change, 1}));
  bed.Sees(bed.stream, 130, {kC});
  CHECK(bed.Counts().destination.Count() == 1);
  CHECK(bed.Counts().end_to_end.Count() == 0);
}

TEST_CASE("Repeated adds are legal, counted, and credit nothing again", "[ledger]") {
  JoinedBed bed;
  bed.Adds(kC, 100);
  bed.Sees(bed.stream, 130, {kC, kA});
  bed.Sees(bed.stream, 140, {kC});
  bed.CheckCounts(1, 0, 0);
  CHECK(bed.Counts().redundant == 2);
  CHECK(bed.Counts().messages == 3);
}

TEST_CASE("What is seen before its truth is credited with when it was seen, even when negative", "[ledger]") {
  JoinedBed bed;
  bed.Sees(bed.stream, 95, {kC});
  bed.Loses(bed.stream, 97, {1});
  bed.CheckCounts(0, 0, 0);
  bed.Adds(kC, 100);
  bed.Removes(kA, 100);
  bed.CheckCounts(2, 0, 0);
  CHECK(Ms(*bed.Counts().destination.Min()) == -5);
  CHECK(Ms(*bed.Counts().destination.Max()) == -3);
}

TEST_CASE("An endpoint that came and went before the truth told has both its samples", "[ledger]") {
  JoinedBed bed;
  bed.Sees(bed.stream, 120, {kC});
  bed.Loses(bed.stream, 170, {3});
  bed.Adds(kC, 100);
  bed.Removes(kC, 150);
  bed.CheckCounts(2, 0, 0);
  CHECK(bed.Counts().coalesced == 0);
  CHECK(Ms(*bed.Counts().destination.Min()) == 20);
  CHECK(Ms(*bed.Counts().destination.Max()) == 20);
}

TEST_CASE("A flap long ago does not answer a change of now", "[ledger]") {
  JoinedBed bed;
  bed.Loses(bed.stream, 100, {1});
  bed.Sees(bed.stream, 200, {kA});
  bed.Removes(kA, 20'000);
  bed.CheckCounts(0, 0, 1);
  bed.Loses(bed.stream, 20'030, {1});
  bed.CheckCounts(1, 0, 0);
  CHECK(Ms(*bed.Counts().destination.Max()) == 30);
}

TEST_CASE("Seeing the latest truth credits everything of that endpoint before it", "[ledger]") {
  JoinedBed bed;
  bed.Removes(kA, 100);
  bed.Adds(kA, 110);
  bed.Removes(kA, 120);
  bed.CheckCounts(0, 0, 3);
  bed.Loses(bed.stream, 150, {1});
  bed.CheckCounts(3, 0, 0);
  CHECK(bed.Counts().coalesced == 2);
}

TEST_CASE("A late server that shows an add and its removal one by one has both credited apart", "[ledger]") {
  JoinedBed bed;
  bed.Adds(kC, 100);
  bed.Removes(kC, 200);
  bed.CheckCounts(0, 0, 2);
  bed.Sees(bed.stream, 1100, {kC});
  bed.CheckCounts(1, 0, 1);
  bed.Loses(bed.stream, 1200, {3});
  bed.CheckCounts(2, 0, 0);
  CHECK(Ms(*bed.Counts().destination.Min()) == 1000);
  CHECK(bed.Counts().coalesced == 0);
}

TEST_CASE("An endpoint that a coalescing server never showed is credited with the next newer change", "[ledger]") {
  JoinedBed bed;
  bed.Adds(kC, 100);
  bed.Removes(kC, 120);
  bed.Removes(kA, 200);
  bed.Loses(bed.stream, 210, {1});
  bed.CheckCounts(3, 0, 0);
  CHECK(bed.Counts().coalesced == 2);
  CHECK(Ms(*bed.Counts().destination.Max()) == 110);
}

TEST_CASE("Without a newer change it is credited at the deadline, if the stream was heard of since", "[ledger]") {
  JoinedBed bed;
  bed.Adds(kC, 100);
  bed.Removes(kC, 120);
  bed.Sees(bed.stream, 500, {kA});
  bed.ledger.Expire(At(60'050));
  bed.CheckCounts(0, 0, 2);
  bed.ledger.Expire(At(60'101));
  bed.CheckCounts(2, 0, 0);
  CHECK(bed.Counts().coalesced == 2);
  CHECK(Ms(*bed.Counts().destination.Max()) == 400);
}

TEST_CASE("On a silent stream what came and went is missing at the deadline, not skipped", "[ledger]") {
  JoinedBed bed;
  bed.Adds(kC, 100);
  bed.Removes(kC, 120);
  bed.ledger.Expire(At(60'101));
  bed.CheckCounts(0, 2, 0);
  CHECK(bed.Violations() == 0);
}

TEST_CASE("An add that was passed over before its removal was published is missing, not skipped", "[ledger]") {
  JoinedBed bed;
  bed.Adds(kC, 100);
  bed.Removes(kA, 200);
  bed.Loses(bed.stream, 210, {1});
  bed.Removes(kC, 5'000);
  bed.Removes(kB, 6'000);
  bed.Loses(bed.stream, 6'010, {2});
  bed.CheckCounts(2, 0, 2);
  bed.ledger.Expire(At(60'101));
  bed.CheckCounts(3, 1, 0);
  CHECK(bed.Counts().coalesced == 1);
}

TEST_CASE(
    "A change not seen by the deadline is missing, a censored sample and a violation, and is never credited later",
    "[ledger]") {
  JoinedBed bed;
  bed.Adds(kC, 100);
  bed.Removes(kA, 200);
  bed.ledger.Expire(At(60'100));
  bed.CheckCounts(0, 0, 2);
  bed.ledger.Expire(At(60'150));
  bed.CheckCounts(0, 1, 1);
  CHECK(bed.Violations(Invariant::kNoMissingEndpoint) == 1);
  CHECK(Ms(*bed.Counts().destination.Max()) == 60'050);
  CHECK(Ms(*bed.Counts().end_to_end.Max()) == 60'060);
  bed.ledger.Expire(At(60'250));
  bed.CheckCounts(0, 2, 0);
  CHECK(bed.Violations(Invariant::kNoStaleEndpoint) == 1);
  CHECK(bed.Violations() == 2);
  bed.Sees(bed.stream, 70'000, {kC});
  bed.Loses(bed.stream, 70'000, {1});
  bed.CheckCounts(0, 2, 0);
  CHECK(bed.ledger.Settled());
  REQUIRE(bed.ledger.Offences().size() == 2);
  CHECK(bed.ledger.Offences()[0].find("service index 0 stream 0: 10.0.0.3:8080 (pod c) missing since 20") == 0);
}

TEST_CASE("A removal of what is not held is a violation, with or without a truth about it", "[ledger]") {
  JoinedBed bed;
  bed.Loses(bed.stream, 100, {1});
  CHECK(bed.Violations() == 0);
  bed.Loses(bed.stream, 110, {1});
  bed.Loses(bed.stream, 120, {77});
  CHECK(bed.Violations(Invariant::kKnownRemoval) == 2);
}

TEST_CASE("An endpoint that was never true is unknown after the deadline, once", "[ledger]") {
  JoinedBed bed;
  bed.Sees(bed.stream, 100, {kC});
  bed.ledger.Expire(At(60'100));
  CHECK(bed.Violations() == 0);
  bed.ledger.Expire(At(60'101));
  bed.ledger.Expire(At(130'000));
  CHECK(bed.Violations(Invariant::kNoUnknownEndpoint) == 1);
  CHECK(bed.Violations() == 1);
}

TEST_CASE("A ready endpoint that a stream dropped by itself is missing after the deadline", "[ledger]") {
  JoinedBed bed;
  bed.Loses(bed.stream, 100, {1});
  bed.ledger.Expire(At(60'101));
  CHECK(bed.Violations(Invariant::kNoMissingEndpoint) == 1);
  CHECK(bed.Violations() == 1);
}

TEST_CASE("A gone endpoint that a stream picks up again is stale after the deadline", "[ledger]") {
  JoinedBed bed;
  bed.Removes(kA, 100);
  bed.Loses(bed.stream, 110, {1});
  bed.Sees(bed.stream, 120, {kA});
  bed.ledger.Expire(At(60'121));
  CHECK(bed.Violations(Invariant::kNoStaleEndpoint) == 1);
  CHECK(bed.Violations() == 1);
}

TEST_CASE("An address that passes to the next Pod loses its old owner and spares the new one its late Remove",
          "[ledger]") {
  JoinedBed bed;
  SECTION("the truth came first") {
    bed.Removes(kA, 100);
    bed.Adds(kHeir, 100);
    bed.Sees(bed.stream, 120, {kHeir});
    bed.CheckCounts(2, 0, 0);
    bed.Loses(bed.stream, 121, {1});
  }
  SECTION("the truth came last") {
    bed.Sees(bed.stream, 120, {kHeir});
    bed.Loses(bed.stream, 121, {1});
    bed.Adds(kHeir, 100);
    bed.Removes(kA, 100);
  }
  SECTION("in one message") {
    bed.Removes(kA, 100);
    bed.Adds(kHeir, 100);
    bed.Message(bed.stream, 120, {kHeir}, {1});
  }
  bed.CheckCounts(2, 0, 0);
  CHECK(bed.Counts().replaced == 1);
  CHECK(Ms(*bed.Counts().destination.Min()) == 20);
  CHECK(Ms(*bed.Counts().destination.Max()) == 20);
  CHECK(bed.Violations() == 0);
  bed.ledger.Conclude(At(1'000));
  CHECK(bed.Violations() == 0);
  bed.Removes(kHeir, 5'000);
  bed.CheckCounts(2, 0, 1);
  bed.Loses(bed.stream, 5'020, {1});
  bed.CheckCounts(3, 0, 0);
  CHECK(bed.Violations() == 0);
}

TEST_CASE("A server that sends no Remove for a replaced owner has the new owner's Remove credited", "[ledger]") {
  JoinedBed bed;
  bed.Removes(kA, 100);
  bed.Adds(kHeir, 100);
  bed.Sees(bed.stream, 120, {kHeir});
  SECTION("the truth of the removal came first") {
    bed.Removes(kHeir, 30'000);
    bed.Loses(bed.stream, 30'015, {1});
  }
  SECTION("the truth of the removal came last") {
    bed.Loses(bed.stream, 30'015, {1});
    bed.Removes(kHeir, 30'000);
  }
  bed.CheckCounts(3, 0, 0);
  CHECK(Ms(*bed.Counts().destination.Min()) == 15);
  CHECK(bed.Violations() == 0);
  bed.ledger.Conclude(At(31'000));
  CHECK(bed.Violations() == 0);
}

TEST_CASE("Two late Removes for one address are both expected when its new owner is gone as well", "[ledger]") {
  JoinedBed bed;
  bed.Removes(kA, 100);
  bed.Adds(kHeir, 100);
  bed.Removes(kHeir, 110);
  bed.Sees(bed.stream, 120, {kHeir});
  bed.Loses(bed.stream, 121, {1});
  bed.Loses(bed.stream, 125, {1});
  bed.CheckCounts(3, 0, 0);
  CHECK(bed.Violations() == 0);
}

TEST_CASE("A replaced owner's Remove is not expected for ever", "[ledger]") {
  JoinedBed bed;
  bed.Removes(kA, 100);
  bed.Adds(kHeir, 100);
  bed.Sees(bed.stream, 120, {kHeir});
  bed.ledger.Expire(At(60'121));
  bed.Loses(bed.stream, 70'000, {1});
  CHECK(bed.Counts().replaced == 0);
  bed.Removes(kHeir, 70'001);
  bed.CheckCounts(3, 0, 0);
}

TEST_CASE("An Add without a Pod's name means the Pod that the truth has there", "[ledger]") {
  JoinedBed bed;
  SECTION("the truth came first") {
    bed.Removes(kA, 100);
    bed.Adds(kHeir, 100);
    bed.Sees(bed.stream, 120, {{1, ""}});
    bed.CheckCounts(2, 0, 0);
  }
  SECTION("the truth came last, on a free address") {
    bed.Sees(bed.stream, 120, {{3, ""}});
    bed.Adds(kC, 100);
    bed.CheckCounts(1, 0, 0);
    CHECK(Ms(*bed.Counts().destination.Max()) == 20);
  }
  bed.ledger.Conclude(At(1'000));
  CHECK(bed.Violations() == 0);
}

TEST_CASE("A truth without Pod names is met by any Pod at the address", "[ledger]") {
  LedgerBed bed;
  bed.Truth({{1, ""}});
  const auto stream = bed.Open(0);
  bed.Sees(stream, 5, {kA});
  CHECK(bed.ledger.Settled());
  bed.Sees(stream, 110, {kB});
  bed.Adds({2, ""}, 100);
  CHECK(bed.Counts().credited == 1);
  bed.ledger.Conclude(At(1'000));
  CHECK(bed.Violations() == 0);
}

TEST_CASE("A reconnected stream is compared at its first message: only what differs is learned", "[ledger]") {
  JoinedBed bed;
  bed.ledger.Closed(bed.stream);
  bed.Removes(kA, 100);
  bed.Adds(kC, 110);
  bed.CheckCounts(0, 0, 2);
  bed.ledger.Opened(bed.stream, MonoAt(200), At(200));
  bed.CheckCounts(0, 0, 2);
  bed.Sees(bed.stream, 220, {kB, kC});
  bed.CheckCounts(2, 0, 0);
  CHECK(bed.Counts().redundant == 0);
  CHECK(Ms(*bed.Counts().destination.Max()) == 120);
  CHECK(bed.Counts().first_update.Count() == 2);
  CHECK(bed.Violations() == 0);
  CHECK(bed.ledger.Settled());
}

TEST_CASE("A first set in several messages neither violates nor credits anything", "[ledger]") {
  JoinedBed bed;
  bed.ledger.Opened(bed.stream, MonoAt(200), At(200));
  bed.Sees(bed.stream, 220, {kA});
  bed.Sees(bed.stream, 221, {kB});
  bed.CheckCounts(0, 0, 0);
  bed.Removes(kB, 1'000);
  bed.CheckCounts(0, 0, 1);
  bed.Loses(bed.stream, 1'030, {2});
  bed.CheckCounts(1, 0, 0);
  CHECK(Ms(*bed.Counts().destination.Max()) == 30);
  bed.ledger.Expire(At(90'000));
  CHECK(bed.Violations() == 0);
}

TEST_CASE("A stream that is opened again on an empty service holds nothing from then on", "[ledger]") {
  JoinedBed bed;
  bed.ledger.Closed(bed.stream);
  SECTION("it was empty already") {
    bed.Removes(kA, 100);
    bed.Removes(kB, 110);
    bed.CheckCounts(0, 0, 2);
    bed.ledger.Opened(bed.stream, MonoAt(200), At(200));
    CHECK(Ms(*bed.Counts().destination.Max()) == 100);
  }
  SECTION("it is empty before the first message") {
    bed.Removes(kA, 100);
    bed.ledger.Opened(bed.stream, MonoAt(200), At(200));
    bed.Removes(kB, 150);
    CHECK(Ms(*bed.Counts().destination.Max()) == 100);
    CHECK(Ms(*bed.Counts().destination.Min()) == 50);
  }
  bed.CheckCounts(2, 0, 0);
  bed.ledger.Conclude(At(1'000));
  CHECK(bed.Violations() == 0);
}

TEST_CASE("The opening instant is derived from earlier pairs of instants when it is not given", "[ledger]") {
  JoinedBed bed;
  bed.ledger.Closed(bed.stream);
  bed.Removes(kA, 100);
  bed.Removes(kB, 100);
  bed.ledger.Opened(bed.stream, MonoAt(130));
  bed.CheckCounts(2, 0, 0);
  CHECK(Ms(*bed.Counts().destination.Max()) == 30);
}

TEST_CASE("NoEndpoints empties the set", "[ledger]") {
  JoinedBed bed;
  bed.Removes(kA, 100);
  bed.Removes(kB, 100);
  bed.Message(bed.stream, 130, {}, {}, true);
  bed.CheckCounts(2, 0, 0);
  bed.ledger.Conclude(At(1'000));
  CHECK(bed.Violations() == 0);
}

TEST_CASE("A stream without a first message is a violation once per opening, unless the service is empty", "[ledger]") {
  LedgerBed bed;
  bed.Truth({kA});
  const auto stream = bed.Open(1'000);
  bed.ledger.Expire(At(61'000), MonoAt(61'000));
  CHECK(bed.Violations() == 0);
  bed.ledger.Expire(At(61'001), MonoAt(61'001));
  bed.ledger.Expire(At(90'000), MonoAt(90'000));
  CHECK(bed.Violations(Invariant::kFirstUpdate) == 1);
  bed.ledger.Closed(stream);
  bed.ledger.Opened(stream, MonoAt(100'000), At(100'000));
  bed.ledger.Expire(At(161'000));
  CHECK(bed.Violations(Invariant::kFirstUpdate) == 2);
  bed.ledger.Closed(stream);
  bed.ledger.Opened(stream, MonoAt(200'000), At(200'000));
  bed.Removes(kA, 200'500);
  bed.ledger.Expire(At(300'000));
  CHECK(bed.Violations() == 2);
  CHECK(bed.Counts().first_update.Count() == 0);
}

TEST_CASE("What a retired stream waited for is no longer due, and its slot starts empty", "[ledger]") {
  JoinedBed bed;
  const auto other = bed.Open(10);
  bed.Sees(other, 15, {kA, kB});
  bed.Adds(kC, 100);
  bed.CheckCounts(0, 0, 2);
  bed.ledger.Retired(bed.stream);
  bed.CheckCounts(0, 0, 1);
  CHECK(bed.ledger.Snapshot().streams_joined == 1);
  bed.Sees(other, 130, {kC});
  bed.Sees(bed.stream, 130, {kC});
  bed.CheckCounts(1, 0, 0);
  CHECK(bed.ledger.Settled());
  const auto next = bed.Open(200);
  CHECK_FALSE(bed.ledger.Settled());
  bed.Sees(next, 205, {kA, kB, kC});
  CHECK(bed.ledger.Settled());
  CHECK(bed.Counts().redundant == 0);
}

TEST_CASE("At the end a stream that differs from the truth has not converged, and what it waits for is given up",
          "[ledger]") {
  JoinedBed bed;
  bed.Adds(kC, 100);
  bed.ledger.Conclude(At(1'100));
  bed.CheckCounts(0, 1, 0);
  CHECK(Ms(*bed.Counts().destination.Max()) == 1'000);
  CHECK(bed.Violations(Invariant::kConverged) == 1);
  CHECK(bed.Violations() == 1);
  bed.ledger.Conclude(At(1'200));
  CHECK(bed.Violations() == 1);
  REQUIRE(bed.ledger.Offences().size() == 1);
  CHECK(bed.ledger.Offences()[0].find("1 missing, 0 too many") != std::string::npos);
}

TEST_CASE("Changes apply once, in order, without holes", "[ledger]") {
  JoinedBed bed;
  const Seq start = bed.ledger.TruthSeq();
  std::vector<Change> changes;
  for (Seq i = 1; i <= 3; ++i) {
    changes.push_back({start + i, 0, EndpointOf({static_cast<int>(10 + i), "x"}), true, std::nullopt, At(100)});
  }
  CHECK_FALSE(bed.ledger.ApplyChanges({changes.data() + 1, 2}));
  CHECK(bed.ledger.TruthSeq() == start);
  CHECK(bed.ledger.ApplyChanges({changes.data(), 2}));
  CHECK(bed.ledger.ApplyChanges(changes));
  CHECK(bed.ledger.ApplyChanges(changes));
  CHECK(bed.ledger.TruthSeq() == start + 3);
  CHECK(bed.Counts().due == 3);
  std::vector<Change> holed = changes;
  holed[1].seq = start + 9;
  CHECK(bed.ledger.ApplyChanges({changes.data(), 1}));
  CHECK_FALSE(bed.ledger.ApplyChanges(std::vector<Change>{{start + 4, 0, EndpointOf(kC), true, {}, At(1)},
                                                          {start + 6, 0, EndpointOf(kC), false, {}, At(1)}}));
  CHECK(bed.ledger.TruthSeq() == start + 3);
  LedgerBed fresh;
  CHECK_FALSE(fresh.ledger.ApplyChanges(changes));
  CHECK(fresh.ledger.ApplyChanges({}));
}

TEST_CASE("A state after a hole counts a gap, keeps what is still true due, and drops what it contradicts",
          "[ledger]") {
  JoinedBed bed;
  bed.Adds(kC, 100);
  bed.Adds({4, "d"}, 100);
  bed.CheckCounts(0, 0, 2);
  bed.ledger.SetTruth({bed.seq - 1, {{}, {}}});
  CHECK(bed.ledger.Snapshot().truth_gaps == 0);
  bed.seq += 5;
  bed.Truth({kA, kC});
  CHECK(bed.ledger.Snapshot().truth_gaps == 1);
  bed.CheckCounts(0, 0, 1);
  bed.Sees(bed.stream, 130, {kC});
  bed.Loses(bed.stream, 130, {2});
  bed.CheckCounts(1, 0, 0);
  bed.ledger.Conclude(At(1'000));
  CHECK(bed.Violations() == 0);
}

TEST_CASE("What the bound on early observations discards is counted", "[ledger]") {
  JoinedBed bed({.early_per_stream = 2});
  bed.Sees(bed.stream, 100, {{11, "x"}, {12, "x"}, {13, "x"}});
  CHECK(bed.ledger.Snapshot().early_overflow == 1);
  bed.Adds({11, "x"}, 90);
  bed.Adds({12, "x"}, 90);
  bed.Adds({13, "x"}, 90);
  bed.CheckCounts(3, 0, 0);
  bed.Sees(bed.stream, 200, {{14, "x"}});
  CHECK(bed.ledger.Snapshot().early_overflow == 1);
}

TEST_CASE("What the bound on kept changes discards is counted and no longer due", "[ledger]") {
  JoinedBed bed({.changes_per_service = 2});
  for (int ip = 11; ip <= 15; ++ip) bed.Adds({ip, "x"}, 100);
  CHECK(bed.ledger.Snapshot().early_overflow == 3);
  bed.CheckCounts(0, 0, 2);
}

TEST_CASE("A moved ledger goes on where it was", "[ledger]") {
  JoinedBed bed;
  bed.Adds(kC, 100);
  Ledger moved = std::move(bed.ledger);
  bed.ledger = std::move(moved);
  bed.Sees(bed.stream, 130, {kC});
  bed.CheckCounts(1, 0, 0);
}

}  // namespace
}  // namespace dst_load::measure
