#include "matrix_bed.h"

#include <algorithm>
#include <iterator>

#include <catch2/catch.hpp>

#include "fake_destination.h"

namespace dst_load::workers::test {
namespace {

using namespace std::chrono_literals;

// Far ahead, so that the client's loop, which waits by the real clock, turns for events and for calls only.
constexpr WallTime kStart{std::chrono::hours{24 * 365 * 130}};
constexpr Micros kReset = 1h;
constexpr Micros kReopened = 200ms;  // longer than a client waits before it opens a stream again

ClientOptions OptionsFor(const reference::Server& server, const std::vector<std::string>& services) {
  ClientOptions options;
  options.destination = "127.0.0.1:" + std::to_string(server.Port());
  for (const auto& name : services) options.services.push_back(name + ".ns.svc.cluster.local:8080");
  options.streams_per_service = MatrixBed::kStreams;
  options.streams_per_connection = 5;
  options.context_tokens = {R"({"ns":"default"})"};
  options.stream_reset_interval = kReset;
  options.convergence_deadline = MatrixBed::kDeadline;
  return options;
}

reference::FaultPlan PlanOf(const std::vector<std::string>& faults) {
  return reference::FaultPlan::Read(faults, 1, 5ms).value();
}

std::uint64_t EndedByServer(const measure::ClientSnapshot& counts) {
  std::uint64_t ended = counts.send_timeouts;
  for (const auto& [reason, count] : counts.errors) ended += count;
  return ended;
}

std::uint64_t EndingFaults(const reference::ServerStats& stats) {
  return stats.faults[static_cast<std::size_t>(reference::FaultKind::kReset)] +
         stats.faults[static_cast<std::size_t>(reference::FaultKind::kOverflow)];
}

std::vector<measure::Endpoint> EndpointsOf(const Addresses& ready) {
  std::vector<measure::Endpoint> endpoints;
  for (const auto& address : ready) endpoints.push_back({address.ip, 8080, address.pod});
  std::sort(endpoints.begin(), endpoints.end());
  return endpoints;
}

}  // namespace

MatrixBed::MatrixBed(const std::vector<std::string>& faults, std::vector<std::string> services)
    : clock_(kStart),
      services_(std::move(services)),
      topics_(PlanOf(faults)),
      server_(reference::Server::Create({.listen = "127.0.0.1:0", .cluster_domain = "cluster.local", .threads = 2},
                                        topics_)
                  .value()),
      engine_(std::make_unique<Engine>(OptionsFor(*server_, services_), true, 1, clock_)),
      oracle_(PlanOf(faults), services_, kStreams) {}

MatrixBed::~MatrixBed() { engine_->Stop(); }

void MatrixBed::Open(const std::vector<Addresses>& truth) {
  truth_ = truth;
  measure::TruthState state;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    state.services.push_back(EndpointsOf(truth[i]));
    oracle_.Begin(i, truth[i]);
    Tell(i, truth[i]);
  }
  engine_->Apply({state, {}});
  engine_->Start();
  REQUIRE(Await([&] { return Counts().streams_created == kStreams * services_.size(); }));
  oracle_.Open();
  AwaitQuiet();
}

void MatrixBed::Set(std::size_t service, const Addresses& ready, First first) {
  Advance(6s);
  const WallTime t0 = clock_.Wall();
  clock_.Advance(30ms);
  const WallTime t1 = clock_.Wall();
  const auto before = EndpointsOf(truth_[service]), after = EndpointsOf(ready);
  std::vector<measure::Endpoint> came, went;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(came));
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(went));
  coordination::TruthUpdate update;
  const auto index = static_cast<std::uint32_t>(service);
  for (const auto& endpoint : went) update.changes.push_back({++seq_, index, endpoint, false, t0, t1});
  for (const auto& endpoint : came) update.changes.push_back({++seq_, index, endpoint, true, t0, t1});
  truth_[service] = ready;
  oracle_.Set(service, ready);
  if (first == First::kTruth) {
    engine_->Apply(update);
    engine_->View();  // it has been applied
  }
  clock_.Advance(5ms);
  Tell(service, ready);
  AwaitQuiet();
  if (first == First::kDestination) engine_->Apply(update);
  Advance(kReopened);
}

void MatrixBed::Settle() {
  Advance(kReopened);
  Advance(kDeadline + 2s);
  oracle_.Settle();
}

void MatrixBed::Reopen() {
  const auto resets = Counts().streams_reset;
  const auto open = Counts().streams_open;
  clock_.Advance(kReset);
  REQUIRE(Await([&] { return Counts().streams_reset == resets + open; }));
  AwaitQuiet();
  oracle_.Open();
  Advance(kReopened);
}

void MatrixBed::Conclude() {
  engine_->Conclude();
  oracle_.Conclude();
}

// What is closed is opened again meanwhile.
void MatrixBed::Advance(Micros by) {
  const auto before = Counts();
  clock_.Advance(by);
  engine_->View();  // the loop turns, and what is due is done before the next view
  REQUIRE(Await([&] {
    return Counts().streams_created == before.streams_created + before.streams_target - before.streams_open;
  }));
  AwaitQuiet();
}

// Waits until the client has read all that the server had to say, and both agree on which streams are open.
void MatrixBed::AwaitQuiet() {
  REQUIRE(Await([&] {
    const auto stats = server_->Stats();
    const auto counts = Counts();
    return stats.updates_waiting == 0 && stats.updates_sent == counts.Total().messages &&
           stats.streams_total == counts.streams_created && stats.streams_active == counts.streams_open &&
           EndingFaults(stats) == EndedByServer(counts);
  }));
}

void MatrixBed::Tell(std::size_t service, const Addresses& ready) {
  topics_.Set({"ns", services_[service] + "-1"}, {"ns", services_[service], {8080}, ready});
}

}  // namespace dst_load::workers::test
