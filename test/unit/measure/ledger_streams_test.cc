#include "measure/ledger.h"

#include <catch2/catch.hpp>

#include "test/unit/measure/ledger_bed.h"

namespace dst_load::measure {
namespace {

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
