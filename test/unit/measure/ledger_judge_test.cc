// What one message cannot show. Every invariant with what breaks it, and beside it what looks alike and does not.
#include "test/unit/measure/ledger_bed.h"

namespace dst_load::measure {
namespace {

TEST_CASE("A ready endpoint that is removed and added again has flapped, once the truth had time to say otherwise",
          "[ledger][judge]") {
  JoinedBed bed;
  bed.Loses(bed.stream, 100, {1});
  bed.Sees(bed.stream, 101, {kA});
  bed.ledger.Expire(At(60'100));
  CHECK(bed.Violations() == 0);
  bed.ledger.Expire(At(60'102));
  CHECK(bed.Violations(Invariant::kNoFlap) == 1);
  CHECK(bed.Violations() == 1);
}

TEST_CASE("A removal that the truth tells of later is no flap", "[ledger][judge]") {
  JoinedBed bed;
  bed.Loses(bed.stream, 100, {1});
  bed.Removes(kA, 1'000);
  bed.ledger.Expire(At(120'000));
  CHECK(bed.Violations() == 0);
}

TEST_CASE("A flap long before a real removal is a flap, and the removal counts at its own time", "[ledger][judge]") {
  JoinedBed bed;
  bed.Loses(bed.stream, 100, {1});
  bed.Sees(bed.stream, 101, {kA});
  bed.Loses(bed.stream, 20'050, {1});
  bed.Removes(kA, 20'000);
  CHECK(bed.Violations(Invariant::kNoFlap) == 1);
  bed.CheckCounts(1, 0, 0);
  CHECK(Ms(*bed.Counts().destination.Max()) == 50);
}

TEST_CASE("A flap shortly before the end is found at the end; a removal that may yet be told of is not one",
          "[ledger][judge]") {
  JoinedBed bed;
  bed.Loses(bed.stream, 100, {1});
  bed.Sees(bed.stream, 101, {kA});
  bed.Loses(bed.stream, 150, {2});
  bed.ledger.Conclude(At(200));
  CHECK(bed.Violations(Invariant::kNoFlap) == 1);
  CHECK(bed.Violations(Invariant::kConverged) == 1);
  CHECK(bed.Violations() == 2);
}

TEST_CASE("What a reopened stream lacks at first is no flap", "[ledger][judge]") {
  JoinedBed bed;
  bed.ledger.Closed(bed.stream);
  bed.ledger.Opened(bed.stream, MonoAt(100), At(100));
  bed.Sees(bed.stream, 110, {kA});
  bed.Sees(bed.stream, 120, {kB});
  bed.ledger.Expire(At(90'000));
  CHECK(bed.Violations() == 0);
}

TEST_CASE("A stream that holds endpoints of an emptied service breaks service_deletion, beside the endpoints it holds",
          "[ledger][judge]") {
  JoinedBed bed;
  const auto right = bed.Open();
  bed.Sees(right, 5, {kA, kB});
  bed.Removes(kA, 100);
  bed.Removes(kB, 100);
  bed.Loses(right, 110, {1, 2});
  bed.Loses(bed.stream, 110, {1});
  bed.ledger.Expire(At(60'101));
  CHECK(bed.Violations(Invariant::kServiceDeletion) == 1);
  CHECK(bed.Violations(Invariant::kNoStaleEndpoint) == 1);
}

TEST_CASE("A stream that stays empty when its service is filled again breaks service_deletion", "[ledger][judge]") {
  JoinedBed bed;
  bed.Removes(kA, 100);
  bed.Removes(kB, 100);
  bed.Loses(bed.stream, 110, {1, 2});
  bed.Adds(kC, 1'000);
  bed.ledger.Expire(At(61'001));
  CHECK(bed.Violations(Invariant::kServiceDeletion) == 1);
  CHECK(bed.Violations(Invariant::kNoMissingEndpoint) == 1);
}

TEST_CASE("A service that is filled before the deadline has not to be empty in between", "[ledger][judge]") {
  JoinedBed bed;
  bed.Removes(kA, 100);
  bed.Removes(kB, 100);
  bed.Adds(kA, 200);
  bed.Adds(kB, 200);
  bed.Sees(bed.stream, 300, {kA, kB});
  bed.ledger.Expire(At(90'000));
  CHECK(bed.Violations() == 0);
}

TEST_CASE("Streams of a group agree once the truth has stood still for the deadline; groups need not",
          "[ledger][judge]") {
  LedgerBed bed;
  bed.Truth({kA, kB});
  const auto open = [&](std::uint32_t group) {
    const auto stream = bed.ledger.AddStream(0, {group, false});
    bed.ledger.Opened(stream, MonoAt(0), At(0));
    bed.Sees(stream, 5, {kA, kB});
    return stream;
  };
  const auto first = open(0), second = open(0), third = open(0), alone = open(1);
  bed.Adds(kC, 100);
  bed.Sees(first, 110, {kC});
  bed.Sees(second, 110, {kC});
  bed.ledger.Expire(At(60'100));
  CHECK(bed.Violations(Invariant::kSiblingAgreement) == 0);
  bed.ledger.Expire(At(60'101));
  CHECK(bed.Violations(Invariant::kSiblingAgreement) == 1);
  CHECK(bed.Violations(Invariant::kNoMissingEndpoint) == 2);
  bed.ledger.Expire(At(120'000));
  CHECK(bed.Violations(Invariant::kSiblingAgreement) == 1);
  // Both are silent as well, which a stream that lost its only message is.
  for (const auto stream : {third, alone}) bed.Sees(stream, 120'001, {kC});
  CHECK(bed.Violations(Invariant::kNoStalledStream) == 2);
  CHECK(bed.Violations() == 5);
}

TEST_CASE("What only one stream holds and never was true is no excuse for it beyond the deadline", "[ledger][judge]") {
  JoinedBed bed;
  const auto other = bed.Open();
  bed.Sees(other, 5, {kA, kB});
  bed.Removes(kA, 100);
  bed.Loses(bed.stream, 110, {1});
  bed.Loses(other, 110, {1});
  bed.Sees(other, 111, {kC});
  bed.ledger.Expire(At(60'112));
  CHECK(bed.Violations(Invariant::kSiblingAgreement) == 1);
  CHECK(bed.Violations(Invariant::kNoUnknownEndpoint) == 1);
  CHECK(bed.Violations() == 2);
}

TEST_CASE("Siblings that are all wrong in the same way agree", "[ledger][judge]") {
  JoinedBed bed;
  const auto other = bed.Open();
  bed.Sees(other, 5, {kA, kB});
  bed.Adds(kC, 100);
  bed.ledger.Conclude(At(61'000));
  CHECK(bed.Violations(Invariant::kSiblingAgreement) == 0);
  CHECK(bed.Violations(Invariant::kConverged) == 2);
}

TEST_CASE("A stream that says nothing while its siblings are told is stalled, once until it speaks",
          "[ledger][judge]") {
  JoinedBed bed;
  const auto other = bed.Open();
  bed.Sees(other, 5, {kA, kB});
  bed.Adds(kC, 100);
  bed.Removes(kA, 200);
  bed.Sees(other, 110, {kC});
  bed.Loses(other, 210, {1});
  bed.ledger.Expire(At(61'000));
  CHECK(bed.Violations(Invariant::kNoStalledStream) == 1);
  bed.Sees(bed.stream, 62'000, {kC});
  bed.Loses(bed.stream, 62'000, {1});
  bed.Removes(kB, 63'000);
  bed.Loses(other, 63'010, {2});
  bed.ledger.Expire(At(124'000));
  CHECK(bed.Violations(Invariant::kNoStalledStream) == 2);
}

TEST_CASE("When nobody is told, nobody is stalled; nor is a stream that is away", "[ledger][judge]") {
  JoinedBed bed;
  const auto other = bed.Open();
  bed.Sees(other, 5, {kA, kB});
  bed.Adds(kC, 100);
  SECTION("silence for all") {
    bed.ledger.Expire(At(61'000));
    CHECK(bed.Violations(Invariant::kNoMissingEndpoint) == 2);
  }
  SECTION("away") {
    bed.ledger.Closed(bed.stream);
    bed.Sees(other, 110, {kC});
    bed.ledger.Expire(At(61'000));
    CHECK(bed.Violations(Invariant::kNoMissingEndpoint) == 1);
  }
  CHECK(bed.Violations(Invariant::kNoStalledStream) == 0);
}

TEST_CASE("A reopened stream must reach what was true when it was opened", "[ledger][judge]") {
  JoinedBed bed;
  bed.ledger.Closed(bed.stream);
  bed.Removes(kA, 100);
  bed.ledger.Opened(bed.stream, MonoAt(1'000), At(1'000));
  SECTION("and does") {
    bed.Sees(bed.stream, 1'010, {kB});
    bed.ledger.Expire(At(70'000));
    CHECK(bed.Violations() == 0);
  }
  SECTION("with what was gone before") {
    bed.Sees(bed.stream, 1'010, {kA, kB});
    bed.ledger.Expire(At(61'011));
    CHECK(bed.Violations(Invariant::kReconnectConverges) == 1);
    CHECK(bed.Violations(Invariant::kNoStaleEndpoint) == 1);
  }
  SECTION("without what was there before") {
    bed.Sees(bed.stream, 1'010, {kC});
    bed.ledger.Expire(At(61'011));
    CHECK(bed.Violations(Invariant::kReconnectConverges) == 1);
    CHECK(bed.Violations(Invariant::kNoMissingEndpoint) == 1);
    CHECK(bed.Violations(Invariant::kNoUnknownEndpoint) == 1);
  }
  SECTION("but not what came since") {
    bed.Sees(bed.stream, 1'010, {kB});
    bed.Adds(kC, 2'000);
    bed.ledger.Expire(At(61'500));
    CHECK(bed.Violations() == 0);
  }
  SECTION("unless it is closed again before the deadline") {
    bed.Sees(bed.stream, 1'010, {kB, kA});
    bed.ledger.Closed(bed.stream);
    bed.ledger.Expire(At(61'011));
    CHECK(bed.Violations(Invariant::kReconnectConverges) == 0);
  }
}

TEST_CASE("An endpoint whose metadata cannot be is told of, whatever else is right", "[ledger][judge]") {
  JoinedBed bed;
  const Sighting odd{"10.0.0.1", 8080, "a", "weight 1"};
  bed.ledger.Observe(bed.stream, {&odd, 1}, {}, false, At(100), MonoAt(100));
  CHECK(bed.Violations(Invariant::kEndpointMetadata) == 1);
  CHECK(bed.Violations() == 1);
  CHECK(bed.ledger.Offences().front().find("10.0.0.1:8080 (pod a) came with weight 1 at") != std::string::npos);
}

TEST_CASE("A slow reader is counted apart, and nothing it misses is held against anybody", "[ledger][judge]") {
  LedgerBed bed;
  bed.Truth({kA});
  const auto quick = bed.Open();
  bed.Sees(quick, 5, {kA});
  const auto slow = bed.ledger.AddStream(0, {0, true});
  bed.ledger.Opened(slow, MonoAt(0), At(0));
  bed.Sees(slow, 5, {kA});
  bed.Adds(kB, 100);
  bed.Sees(quick, 110, {kB});
  CHECK(bed.ledger.Settled());
  bed.ledger.Conclude(At(61'000));
  const ClientSnapshot snapshot = bed.ledger.Snapshot();
  CHECK(snapshot.services.at(0).due == 1);
  CHECK(snapshot.services.at(0).credited == 1);
  CHECK(snapshot.services.at(0).slow_readers == 1);
  CHECK(snapshot.slow.due == 1);
  CHECK(snapshot.slow.missing == 1);
  CHECK(bed.Violations() == 0);
}

TEST_CASE("A scale event has converged when the last stream holds its last change", "[ledger][judge]") {
  JoinedBed bed;
  const auto other = bed.Open();
  bed.Sees(other, 5, {kA, kB});
  bed.Adds(kC, 100);
  bed.Sees(bed.stream, 130, {kC});
  bed.Sees(other, 190, {kC});
  bed.Removes(kA, 1'000);
  bed.Loses(bed.stream, 1'020, {1});
  const auto events = bed.ledger.Snapshot().convergence.Events();
  REQUIRE(events.size() == 2);
  CHECK(events.begin()->second == Convergence{At(190), 2, 0});
  CHECK(Ms(*bed.ledger.Snapshot().convergence.Times().Max()) == 100);
  bed.ledger.Expire(At(61'001));
  CHECK(bed.ledger.Snapshot().convergence.Events().rbegin()->second == Convergence{At(61'001), 1, 1});
}

TEST_CASE("While the truth may be held up on its way, nothing is given up or held against anybody", "[ledger][judge]") {
  JoinedBed bed;
  bed.Sees(bed.stream, 1'000, {kC});
  bed.Loses(bed.stream, 1'000, {1});
  bed.Adds(kHeir, 2'000);
  bed.ledger.Expire(At(200'000), MonoAt(200'000), At(60'500));
  CHECK(bed.Violations() == 0);
  SECTION("and when it is told, it explains what was seen") {
    bed.Adds(kC, 990);
    bed.Removes(kA, 995);
    bed.ledger.Expire(At(201'000), MonoAt(201'000), At(61'900));
    CHECK(bed.Violations() == 0);
  }
  SECTION("or does not") {
    bed.ledger.Expire(At(201'000), MonoAt(201'000), At(201'000));
    CHECK(bed.Violations(Invariant::kNoUnknownEndpoint) == 1);
    CHECK(bed.Violations(Invariant::kNoFlap) == 1);
  }
}

}  // namespace
}  // namespace dst_load::measure
