#include "measure/ledger.h"

#include <catch2/catch.hpp>

#include "test/unit/measure/ledger_bed.h"

namespace dst_load::measure {
namespace {

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
  CHECK(bed.ledger.Offences()[0].find(
            "no_missing_endpoint: service index 0 stream 0: 10.0.0.3:8080 (pod c) missing since 20") == 0);
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

TEST_CASE("A ready endpoint that a stream dropped by itself has flapped, and is missing after the deadline",
          "[ledger]") {
  JoinedBed bed;
  bed.Loses(bed.stream, 100, {1});
  bed.ledger.Expire(At(60'101));
  CHECK(bed.Violations(Invariant::kNoMissingEndpoint) == 1);
  CHECK(bed.Violations(Invariant::kNoFlap) == 1);
  CHECK(bed.Violations() == 2);
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

}  // namespace
}  // namespace dst_load::measure
