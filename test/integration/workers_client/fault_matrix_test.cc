// Every fault of the reference destination against every invariant: what is broken, how often, and nothing else.
#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "base/log.h"
#include "isolation.h"
#include "matrix_bed.h"

using namespace dst_load;
using namespace dst_load::workers;
using namespace dst_load::workers::test;
using measure::Invariant;
using reference::FaultKind;

namespace {

enum : std::size_t { kA, kB, kC };

// Pod "SERVICE-N" at 10.SERVICE.0.N, or at the address of another one's.
reference::Slice::Address Pod(std::size_t service, int n, int at = 0) {
  return {fmt::format("10.{}.0.{}", service, at == 0 ? n : at), fmt::format("{}-{}", "abc"[service], n)};
}

// Services grow and shrink, addresses change hands, one service is emptied and filled, one starts empty, streams are
// opened again, and endpoints come and go faster than the deadline.
void Play(MatrixBed& bed, bool reopen) {
  const auto a = [](int n, int at = 0) { return Pod(kA, n, at); };
  const auto b = [](int n) { return Pod(kB, n); };
  const auto c = [](int n) { return Pod(kC, n); };
  bed.Open({{a(1), a(2), a(3), a(4)}, {b(1), b(2), b(3)}, {}});
  bed.Settle();
  bed.Set(kA, {a(1), a(2), a(3), a(4), a(5), a(6)});
  bed.Settle();
  bed.Set(kA, {a(3), a(4), a(5), a(6)}, MatrixBed::First::kDestination);
  bed.Settle();
  bed.Set(kA, {a(3), a(4), a(5), a(6), a(7, 1)});
  bed.Settle();
  bed.Set(kA, {a(4), a(5), a(6), a(7, 1), a(8, 3)});
  bed.Set(kC, {c(1), c(2)});
  bed.Settle();
  bed.Set(kB, {});
  bed.Settle();
  bed.Set(kB, {b(4), b(5)}, MatrixBed::First::kDestination);
  bed.Settle();
  if (reopen) {
    bed.Reopen();
    bed.Settle();
  }
  bed.Set(kA, {a(4), a(5), a(6), a(7, 1), a(8, 3), a(9)});
  bed.Set(kC, {c(2), c(3)});
  bed.Settle();
  for (int cycle = 0; cycle < 3; ++cycle) {
    bed.Set(kC, {c(2), c(3), c(4)});
    bed.Set(kC, {c(2), c(3)});
  }
  bed.Settle();
  bed.Conclude();
}

using Broken = std::set<Invariant>;

// What each fault breaks when it takes every opportunity, and when it takes some. Then siblings differ; and a stream
// that alone is told nothing is stalled.
struct Expectation {
  FaultKind fault;
  Broken always;
  Broken sometimes;
};

const std::vector<Expectation>& Expectations() {
  using enum Invariant;
  using enum FaultKind;
  static const std::vector<Expectation> kAll{
      {kDropAdd,
       {kNoMissingEndpoint, kServiceDeletion, kConverged},
       {kNoMissingEndpoint, kSiblingAgreement, kNoStalledStream, kConverged}},
      {kDropRemove,
       {kNoStaleEndpoint, kServiceDeletion, kConverged},
       {kNoStaleEndpoint, kServiceDeletion, kSiblingAgreement, kNoStalledStream, kConverged}},
      {kStale,
       {kNoStaleEndpoint, kReconnectConverges, kConverged},
       {kNoStaleEndpoint, kReconnectConverges, kSiblingAgreement, kConverged}},
      {kDuplicate, {kKnownRemoval}, {kKnownRemoval}},
      {kDelay, {}, {}},
      {kFlap, {kNoFlap}, {kNoFlap}},
      // Every stream holds other unknown ones.
      {kUnknown,
       {kNoUnknownEndpoint, kSiblingAgreement, kServiceDeletion, kConverged},
       {kNoUnknownEndpoint, kSiblingAgreement, kServiceDeletion, kConverged}},
      {kStall,
       {kNoMissingEndpoint, kNoStaleEndpoint, kServiceDeletion, kConverged},
       {kNoMissingEndpoint, kNoStaleEndpoint, kServiceDeletion, kSiblingAgreement, kNoStalledStream, kConverged}},
      {kReset, {}, {}},
      {kOverflow, {}, {}},
      {kSilentEmpty,
       {kFirstUpdate, kNoMissingEndpoint, kServiceDeletion, kConverged},
       {kFirstUpdate, kNoMissingEndpoint, kServiceDeletion, kNoStalledStream, kConverged}},
      {kWrongMetadata, {kEndpointMetadata}, {kEndpointMetadata}},
      {kBlock, {}, {}},  // slow readers tell: below
  };
  return kAll;
}

std::uint64_t Of(const Violations& violations, Invariant invariant) {
  return violations[static_cast<std::size_t>(invariant)];
}

// What the faults that struck say of the counts, beyond what the oracle says.
void CheckStruck(FaultKind fault, std::uint64_t struck, const measure::ClientSnapshot& counts,
                 const reference::ServerStats& stats) {
  const auto& broken = counts.violations;
  const auto total = counts.Total();
  CHECK(total.due == total.credited + total.missing);
  switch (fault) {
    case FaultKind::kStale:
      CHECK(Of(broken, Invariant::kNoStaleEndpoint) == struck);
      CHECK(Of(broken, Invariant::kReconnectConverges) == struck);
      return;
    case FaultKind::kFlap:
      CHECK(Of(broken, Invariant::kNoFlap) == struck);
      return;
    case FaultKind::kUnknown:
      CHECK(Of(broken, Invariant::kNoUnknownEndpoint) == struck);
      return;
    case FaultKind::kDuplicate:
      CHECK(total.redundant > 0);
      CHECK(total.missing == 0);
      return;
    case FaultKind::kReset:
      CHECK(counts.errors == std::map<std::string, std::uint64_t>{{"unavailable", struck}});
      CHECK(counts.send_timeouts == 0);
      CHECK(total.missing == 0);
      return;
    case FaultKind::kOverflow:
      CHECK(counts.send_timeouts == struck);
      CHECK(counts.closed_ok == struck);
      CHECK(stats.overflows == struck);
      CHECK(counts.errors.empty());
      CHECK(total.missing == 0);
      return;
    case FaultKind::kDelay:
    case FaultKind::kBlock:
      CHECK(total.missing == 0);
      return;
    case FaultKind::kDropAdd:
    case FaultKind::kDropRemove:
    case FaultKind::kStall:
    case FaultKind::kSilentEmpty:
    case FaultKind::kWrongMetadata:
      return;
  }
}

Violations Run(FaultKind fault, const std::string& share, const Broken& broken) {
  const std::string name = std::string(reference::FaultName(fault)) + share;
  INFO("--fault=" << name);
  MatrixBed bed({name}, {"a", "b", "c"});
  // Which stream of before is which one afterwards depends on the order in which they reach the server. That matters
  // only when some of them never were told anything.
  Play(bed, fault != FaultKind::kSilentEmpty || share.empty());
  const auto counts = bed.Run().Counts();
  const auto stats = bed.Run().Stats();
  for (std::size_t i = 0; i < measure::kInvariantCount; ++i) {
    INFO(measure::InvariantName(static_cast<Invariant>(i)));
    CHECK(counts.violations[i] == bed.Oracle().Expected()[i]);
    CHECK((counts.violations[i] > 0) == broken.contains(static_cast<Invariant>(i)));
  }
  const auto struck = bed.Run().Struck(fault);
  if (fault != FaultKind::kBlock) CHECK(struck > 0);
  const bool followed = fault != FaultKind::kReset && fault != FaultKind::kOverflow && fault != FaultKind::kBlock;
  if (followed) CHECK(stats.faults == bed.Oracle().Faults());
  CheckStruck(fault, struck, counts, stats);
  return counts.violations;
}

// Rows are invariants, columns are faults.
using Matrix = std::map<FaultKind, Violations>;

void Print(const std::string& title, const Matrix& matrix) {
  std::string text = fmt::format("\n{}\n{:24}", title, "");
  const auto part = [](FaultKind fault, bool second) {
    const auto name = reference::FaultName(fault);
    const auto dash = name.find('-');
    if (dash == std::string_view::npos) return second ? name : std::string_view();
    return second ? name.substr(dash + 1) : name.substr(0, dash + 1);
  };
  for (const auto& [fault, violations] : matrix) text += fmt::format("{:>10}", part(fault, false));
  text += fmt::format("\n{:24}", "");
  for (const auto& [fault, violations] : matrix) text += fmt::format("{:>10}", part(fault, true));
  for (std::size_t i = 0; i < measure::kInvariantCount; ++i) {
    text += fmt::format("\n{:24}", measure::InvariantName(static_cast<Invariant>(i)));
    for (const auto& [fault, violations] : matrix) {
      text += violations[i] == 0 ? fmt::format("{:>10}", "-") : fmt::format("{:>10}", violations[i]);
    }
  }
  std::cout << text << std::endl;
}

}  // namespace

TEST_CASE("Without a fault nothing is violated, and every change is learned of", "[matrix]") {
  MatrixBed bed({}, {"a", "b", "c"});
  Play(bed, true);
  const auto counts = bed.Run().Counts();
  CHECK(counts.violations == Violations{});
  CHECK(bed.Oracle().Expected() == Violations{});
  const auto total = counts.Total();
  CHECK(total.due > 0);
  CHECK(total.credited == total.due);
  CHECK(counts.streams_settled == counts.streams_target);
  CHECK(counts.streams_reset == counts.streams_target);
  CHECK(counts.send_timeouts == 0);
  CHECK(counts.errors.empty());
  CHECK(bed.Run().Stats().faults == reference::FaultCounts{});
}

TEST_CASE("Each fault breaks the invariants that it should, as often as it should, and no other", "[matrix]") {
  REQUIRE(log::SetLevel("error"));
  Matrix always, sometimes;
  for (const auto& expectation : Expectations()) {
    always[expectation.fault] = Run(expectation.fault, "", expectation.always);
    sometimes[expectation.fault] = Run(expectation.fault, ":30", expectation.sometimes);
  }
  REQUIRE(log::SetLevel("info"));
  // With slow readers beside them, streams are held up by a destination that blocks and by no other.
  CHECK(IsolationUnder({}).holds);
  const bool isolated = IsolationUnder({"block"}).holds;
  CHECK_FALSE(isolated);
  always[FaultKind::kBlock][static_cast<std::size_t>(Invariant::kSlowReaderIsolation)] += isolated ? 0 : 1;

  Print("Violations under each fault, --fault=KIND (block: with slow readers)", always);
  Print("and with --fault=KIND:30", sometimes);
  for (std::size_t i = 0; i < measure::kInvariantCount; ++i) {
    INFO(measure::InvariantName(static_cast<Invariant>(i)) << " is broken by no fault");
    const auto breaks = [i](const auto& column) { return column.second[i] > 0; };
    CHECK(std::count_if(always.begin(), always.end(), breaks) +
              std::count_if(sometimes.begin(), sometimes.end(), breaks) >
          0);
  }
}
