#include "matrix_bed.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "fake_destination.h"

namespace dst_load::workers::test {
namespace {

using namespace std::chrono_literals;
using reference::FaultKind;

// Far ahead: the client's loop, which waits by the real clock, then turns for events and calls only.
constexpr WallTime kStart{std::chrono::hours{24 * 365 * 130}};
constexpr Micros kReset = 1h;
constexpr Micros kReopened = 200ms;  // longer than a client waits before it opens a stream again

ClientOptions Options() {
  ClientOptions options;
  options.streams_per_service = MatrixBed::kStreams;
  options.streams_per_connection = 5;
  options.stream_reset_interval = kReset;
  options.convergence_deadline = MatrixBed::kDeadline;
  return options;
}

reference::FaultPlan PlanOf(const std::vector<std::string>& faults) {
  return reference::FaultPlan::Read(faults, 1, 5ms).value();
}

// Where the oracle does not follow, nothing may be broken: streams that end learn what they missed when they are opened
// again, and blocking changes nothing while all read.
reference::FaultPlan FollowedOf(std::vector<std::string> faults) {
  std::erase_if(faults, [](const std::string& fault) {
    return fault.starts_with("reset") || fault.starts_with("overflow") || fault.starts_with("block");
  });
  return PlanOf(faults);
}

std::uint64_t EndedByServer(const measure::ClientSnapshot& counts) {
  std::uint64_t ended = counts.send_timeouts;
  for (const auto& [reason, count] : counts.errors) ended += count;
  return ended;
}

}  // namespace

MatrixBed::MatrixBed(const std::vector<std::string>& faults, const std::vector<std::string>& services)
    : clock_(kStart),
      run_(PlanOf(faults), services, Options(), clock_),
      oracle_(FollowedOf(faults), services, kStreams) {}

void MatrixBed::Open(const std::vector<Addresses>& truth) {
  run_.Open(truth);
  REQUIRE(Await([&] { return run_.Counts().streams_created == run_.Counts().streams_target; }));
  for (std::size_t i = 0; i < truth.size(); ++i) oracle_.Begin(i, truth[i]);
  oracle_.Open();
  AwaitQuiet();
}

void MatrixBed::Set(std::size_t service, const Addresses& ready, First first) {
  Advance(6s);  // further apart than what the client takes for one event
  const WallTime t0 = clock_.Wall();
  clock_.Advance(30ms);
  const auto change = run_.Change(service, ready, t0, clock_.Wall());
  oracle_.Set(service, ready);
  if (first == First::kTruth) {
    run_.Client().Apply(change);
    run_.Client().View();  // it has been applied
  }
  clock_.Advance(5ms);
  run_.Tell(service, ready);
  AwaitQuiet();
  if (first == First::kDestination) run_.Client().Apply(change);
  Advance(kReopened);
}

void MatrixBed::Settle() {
  Advance(kDeadline + 2s);
  oracle_.Settle();
}

void MatrixBed::Reopen() {
  const auto before = run_.Counts();
  clock_.Advance(kReset);
  REQUIRE(Await([&] { return run_.Counts().streams_reset == before.streams_reset + before.streams_open; }));
  oracle_.Open();
  Advance(kReopened);
}

void MatrixBed::Conclude() {
  run_.Client().Conclude(0);
  oracle_.Conclude();
}

// What is closed is opened again meanwhile.
void MatrixBed::Advance(Micros by) {
  AwaitQuiet();
  const auto before = run_.Counts();
  const auto created = before.streams_created + before.streams_target - before.streams_open;
  clock_.Advance(by);
  run_.Client().View();  // the loop turns, and what is due is done before the next view
  REQUIRE(Await([&] { return run_.Counts().streams_created == created; }));
  AwaitQuiet();
}

// Waits until the client has read all that the server had to say, and both agree on which streams are open.
void MatrixBed::AwaitQuiet() {
  REQUIRE(Await([&] {
    const auto stats = run_.Stats();
    const auto counts = run_.Counts();
    return stats.updates_waiting == 0 && stats.updates_sent == counts.Total().messages &&
           stats.streams_total == counts.streams_created && stats.streams_active == counts.streams_open &&
           run_.Struck(FaultKind::kReset) + run_.Struck(FaultKind::kOverflow) == EndedByServer(counts);
  }));
}

}  // namespace dst_load::workers::test
