#include "workers/reference/fault.h"

#include <set>

#include <catch2/catch.hpp>

using namespace dst_load;
using namespace dst_load::workers::reference;

namespace {

const Target kTarget{"ns", "svc", 8080};

FaultPlan PlanOf(const std::vector<std::string>& faults, std::uint64_t seed = 1) {
  return FaultPlan::Read(faults, seed, Micros{0}).value();
}

std::set<std::uint64_t> Struck(const FaultPlan& plan, FaultKind kind, const Target& target, std::uint64_t stream) {
  std::set<std::uint64_t> struck;
  for (std::uint64_t n = 0; n < 10'000; ++n) {
    if (plan.Strikes(kind, target, stream, n)) struck.insert(n);
  }
  return struck;
}

}  // namespace

TEST_CASE("A fault is a kind and a share of its opportunities", "[fault]") {
  CHECK(ReadFault("drop-add").value() == FaultSpec{FaultKind::kDropAdd, 100});
  CHECK(ReadFault("wrong-metadata:0").value() == FaultSpec{FaultKind::kWrongMetadata, 0});
  CHECK(ReadFault("stall:12.5").value() == FaultSpec{FaultKind::kStall, 12.5});
  CHECK(ReadFault("block:100").value() == FaultSpec{FaultKind::kBlock, 100});
}

TEST_CASE("Every kind can be asked for by its name", "[fault]") {
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    const auto kind = static_cast<FaultKind>(i);
    CHECK(ReadFault(FaultName(kind)).value().kind == kind);
  }
}

TEST_CASE("What is no fault is refused with the flag's name", "[fault]") {
  for (const char* text :
       {"", "drop", "Drop-add", "drop-add:", "drop-add:x", "drop-add:101", "drop-add:-1", "drop-add:100.5",
        "drop-add:1e1", "drop-add:nan", "drop-add:5 ", "drop-add:1.2.3", ":5", "drop-add:."}) {
    INFO(text);
    const auto fault = ReadFault(text);
    REQUIRE_FALSE(fault);
    CHECK(fault.error().code == Code::kInvalid);
    CHECK_THAT(fault.error().message, Catch::StartsWith("--fault: "));
  }
  const auto twice = FaultPlan::Read({"flap:1", "flap:2"}, 1, Micros{0});
  REQUIRE_FALSE(twice);
  CHECK_THAT(twice.error().message, Catch::StartsWith("--fault: flap twice"));
}

TEST_CASE("All, none, or a share of the opportunities is struck", "[fault]") {
  CHECK(Struck(PlanOf({"flap"}), FaultKind::kFlap, kTarget, 0).size() == 10'000);
  CHECK(Struck(PlanOf({"flap:0"}), FaultKind::kFlap, kTarget, 0).empty());
  CHECK(Struck(PlanOf({"flap"}), FaultKind::kDelay, kTarget, 0).empty());
  // 5 sigma of 10,000 draws.
  const auto share = static_cast<double>(Struck(PlanOf({"flap:30"}), FaultKind::kFlap, kTarget, 0).size());
  CHECK(share == Approx(3000).margin(230));
  const auto little = static_cast<double>(Struck(PlanOf({"flap:0.5"}), FaultKind::kFlap, kTarget, 0).size());
  CHECK(little == Approx(50).margin(36));
}

TEST_CASE("What is struck depends on seed, kind, target, stream and number only", "[fault]") {
  const auto plan = PlanOf({"flap:30", "delay:30"});
  const auto struck = Struck(plan, FaultKind::kFlap, kTarget, 0);
  CHECK(struck == Struck(PlanOf({"delay:30", "flap:30"}), FaultKind::kFlap, kTarget, 0));
  CHECK(struck != Struck(PlanOf({"flap:30"}, 2), FaultKind::kFlap, kTarget, 0));
  CHECK(struck != Struck(plan, FaultKind::kDelay, kTarget, 0));
  CHECK(struck != Struck(plan, FaultKind::kFlap, {"ns", "other", 8080}, 0));
  CHECK(struck != Struck(plan, FaultKind::kFlap, kTarget, 1));
  // A larger share strikes all that a smaller one does.
  const auto more = Struck(PlanOf({"flap:40"}), FaultKind::kFlap, kTarget, 0);
  CHECK(std::includes(more.begin(), more.end(), struck.begin(), struck.end()));
}
