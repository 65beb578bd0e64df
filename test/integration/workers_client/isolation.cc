#include "isolation.h"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "fake_destination.h"

namespace dst_load::workers::test {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kStreams = 4, kSlow = 1;  // a service; slow ones are at the first service only
constexpr int kChanges = 40;                 // a service: more than a slow reader takes, less than its queue holds
constexpr Micros kReadDelay = 1s;

ClientOptions Options() {
  ClientOptions options;
  options.streams_per_service = kStreams;
  options.streams_per_connection = kStreams;
  options.slow_readers_percent = 100 * kSlow / (2 * kStreams) + 1;
  options.slow_read_delay = kReadDelay;
  options.convergence_deadline = 1h;
  return options;
}

// Both sets are large, so that a few messages are more than a slow reader takes.
Addresses Ready(int service, int change) {
  Addresses ready;
  for (int i = 0; i < 50; ++i) {
    ready.push_back({fmt::format("10.{}.{}.{}", service, change % 2, i), fmt::format("pod-{}-{}", change % 2, i)});
  }
  return ready;
}

}  // namespace

measure::Isolation IsolationUnder(const std::vector<std::string>& faults) {
  FakeClock clock(WallTime{std::chrono::hours{24 * 365 * 130}});
  LoopbackRun run(reference::FaultPlan::Read(faults, 1, 0ms).value(), {"beside", "control"}, Options(), clock);
  run.Open({Ready(0, 0), Ready(1, 0)});
  const auto joined = [&] { return run.Counts().streams_joined == 2 * kStreams; };
  REQUIRE(Await(joined));
  for (int change = 1; change <= kChanges; ++change) {
    clock.Advance(10ms);
    for (const int service : {0, 1}) {
      const auto held_back = run.Struck(reference::FaultKind::kBlock);
      const auto before = run.Counts().services[static_cast<std::uint32_t>(service)].messages;
      const auto index = static_cast<std::size_t>(service);
      run.Client().Apply(run.Change(index, Ready(service, change), clock.Wall(), clock.Wall()));
      run.Tell(index, Ready(service, change));
      if (service == 0 && run.Struck(reference::FaultKind::kBlock) > held_back) continue;
      // An Add and a Remove for each that reads at once.
      const auto quick = service == 0 ? kStreams - kSlow : kStreams;
      REQUIRE(Await(
          [&] { return run.Counts().services[static_cast<std::uint32_t>(service)].messages == before + 2 * quick; }));
    }
  }
  REQUIRE(Await([&] {
    clock.Advance(kReadDelay / 4);
    return run.Counts().Total().pending == 0;
  }));
  const auto isolation = measure::JudgeIsolation(run.Counts());
  REQUIRE(isolation);
  return *isolation;
}

}  // namespace dst_load::workers::test
