// A delay that is known moves the leg that it should by what it should, and no other.
#include <iostream>

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "fake_destination.h"
#include "loopback_run.h"

using namespace dst_load;
using namespace dst_load::workers;
using namespace dst_load::workers::test;
using namespace std::chrono_literals;

namespace {

constexpr Micros kDelay = 100ms;
constexpr Micros kKubernetes = 20ms;  // T1-T0 of the script
constexpr std::size_t kServices = 10;
constexpr std::uint64_t kStreams = 4;  // a service
constexpr int kRounds = 8;             // in each, every service gains an endpoint

struct Side {
  explicit Side(const std::vector<std::string>& faults)
      : run(reference::FaultPlan::Read(faults, 1, kDelay).value(), Names(), Options(), SystemClock()) {}

  static std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < kServices; ++i) names.push_back(fmt::format("s-{}", i));
    return names;
  }
  static ClientOptions Options() {
    ClientOptions options;
    options.streams_per_service = kStreams;
    options.streams_per_connection = 20;
    options.convergence_deadline = 60s;
    return options;
  }
  static Addresses Ready(std::size_t service, int round) {
    Addresses ready;
    for (int i = 0; i <= round; ++i) {
      ready.push_back({fmt::format("10.{}.0.{}", service, i), fmt::format("{}-{}", service, i)});
    }
    return ready;
  }
  void Change(std::size_t service, int round) {
    const WallTime t1 = SystemClock().Wall();
    run.Client().Apply(run.Change(service, Ready(service, round), t1 - kKubernetes, t1));
    run.Tell(service, Ready(service, round));
  }
  measure::ServiceCounts Total() { return run.Counts().Total(); }

  LoopbackRun run;
};

}  // namespace

TEST_CASE("A delay of 100 ms moves the destination leg by 100 ms, and no other leg", "[delay]") {
  // Both at the same time, so that a busy machine slows both.
  Side straight({}), delayed({"delay"});
  for (Side* side : {&straight, &delayed}) {
    std::vector<Addresses> truth;
    for (std::size_t i = 0; i < kServices; ++i) truth.push_back(Side::Ready(i, 0));
    side->run.Open(truth);
    REQUIRE(Await([&] { return side->run.Counts().streams_joined == kServices * kStreams; }));
  }
  for (int round = 1; round <= kRounds; ++round) {
    for (std::size_t i = 0; i < kServices; ++i) {
      straight.Change(i, round);
      delayed.Change(i, round);
    }
    const auto all = kServices * kStreams * static_cast<std::uint64_t>(round);
    REQUIRE(Await([&] { return straight.Total().credited == all && delayed.Total().credited == all; }));
  }
  const auto without = straight.Total(), with = delayed.Total();
  // The samples that nothing else held up: what a busy machine adds to the others is not the fault's.
  const auto moved = *with.destination.Min() - *without.destination.Min();
  std::cout << fmt::format(
      "\nDestination leg, {} samples: least {} us, with --fault=delay and --fault-delay=100ms {} us: moved by {} us, "
      "p50 by "
      "{} us\n",
      with.destination.Count(), without.destination.Min()->count(), with.destination.Min()->count(), moved.count(),
      (*with.destination.Quantile(0.5) - *without.destination.Quantile(0.5)).count());
  CHECK(*with.destination.Min() >= kDelay);
  CHECK(moved >= kDelay - 5ms);
  CHECK(moved <= kDelay + 5ms);
  // What is left of a change's time when the destination's part is taken off is Kubernetes', to the microsecond.
  for (const auto& counts : {without, with}) {
    CHECK(counts.end_to_end.Count() == counts.destination.Count());
    const auto kubernetes = counts.end_to_end.Sum() - counts.destination.Sum();
    CHECK(kubernetes == static_cast<std::int64_t>(counts.destination.Count()) * kKubernetes.count());
  }
}
