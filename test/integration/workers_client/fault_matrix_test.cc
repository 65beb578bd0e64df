// Every fault of the reference destination against every invariant: what is broken, how often, and nothing else.
#include <cstdio>
#include <iostream>

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "base/log.h"
#include "matrix_bed.h"

using namespace dst_load;
using namespace dst_load::workers;
using namespace dst_load::workers::test;
using namespace std::chrono_literals;
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
void Play(MatrixBed& bed) {
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
  bed.Reopen();
  bed.Settle();
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

}  // namespace

TEST_CASE("probe", "[matrix]") {
  REQUIRE(log::SetLevel("error"));
  for (const std::string percent : {"", ":30"}) {
    for (std::size_t k = 0; k < reference::kFaultKinds; ++k) {
      const std::string fault = std::string(reference::FaultName(static_cast<FaultKind>(k))) + percent;
      std::cout << "== " << fault << std::endl;
      MatrixBed bed({fault}, {"a", "b", "c"});
      Play(bed);
      const auto counts = bed.Counts();
      for (std::size_t i = 0; i < measure::kInvariantCount; ++i) {
        const auto expected = bed.Oracle().Expected()[i];
        if (counts.violations[i] + expected == 0) continue;
        std::cout << fmt::format("  {:24} {:5} expected {:5}{}\n", measure::InvariantName(static_cast<Invariant>(i)),
                                 counts.violations[i], expected, counts.violations[i] == expected ? "" : "  <-----");
      }
      const auto total = counts.Total();
      std::cout << fmt::format("  due {} credited {} missing {} coalesced {} struck {} oracle {} messages {} of {}\n", total.due,
                               total.credited, total.missing, total.coalesced, bed.Stats().faults[k],
                               bed.Oracle().Faults()[k], total.messages, bed.Oracle().Messages());
      if (getenv("SHOW")) for (const auto& o : bed.Offences()) std::cout << "    " << o << "\n";
    }
  }
}
