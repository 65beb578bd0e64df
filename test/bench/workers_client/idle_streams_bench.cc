// What an idle stream costs: 5,000 of them in one process, each holding 100 endpoints and joined to a run.
#include <fmt/format.h>
#include <signal.h>

#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "coordination/server.h"
#include "coordination/worker_session.h"
#include "test/integration/workers_client/controller.h"
#include "test/integration/workers_client/fake_destination.h"
#include "test/support/temp_dir.h"
#include "workers/reference/server.h"

using namespace dst_load;
using namespace dst_load::workers;
using namespace dst_load::workers::test;

namespace {

constexpr unsigned kServices = 50, kEndpoints = 100, kStreamsPerService = 100;
constexpr unsigned kStreams = kServices * kStreamsPerService;

std::string ServiceName(unsigned service) { return fmt::format("test-service-{}", service + 1); }
std::string Ip(unsigned service, unsigned endpoint) { return fmt::format("10.{}.0.{}", service, endpoint + 1); }
std::string Pod(unsigned service, unsigned endpoint) {
  return fmt::format("{}-7d9c5b8f6d-{:05}", ServiceName(service), endpoint);
}

void FillTopics(reference::Topics& topics) {
  for (unsigned s = 0; s < kServices; ++s) {
    reference::Slice slice{"ns", ServiceName(s), {8080}, {}};
    for (unsigned e = 0; e < kEndpoints; ++e) slice.ready.push_back({Ip(s, e), Pod(s, e)});
    topics.Set({"ns", ServiceName(s) + "-1"}, slice);
  }
}

measure::TruthState Truth() {
  measure::TruthState state{0, std::vector<std::vector<measure::Endpoint>>(kServices)};
  for (unsigned s = 0; s < kServices; ++s) {
    for (unsigned e = 0; e < kEndpoints; ++e) state.services[s].push_back({Ip(s, e), 8080, Pod(s, e)});
    std::sort(state.services[s].begin(), state.services[s].end());
  }
  return state;
}

std::uint64_t ResidentKiB(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6));
  }
  return 0;
}

}  // namespace

TEST_CASE("5,000 idle streams of 100 endpoints cost at most 30 KiB each, all in", "[bench]") {
  reference::Topics topics;
  FillTopics(topics);
  const auto destination = reference::Server::Create({.listen = "127.0.0.1:0", .threads = 1}, topics).value();

  const test_support::TempDir dir;
  const auto authority = coordination::MakeAuthority(SystemClock()).value();
  coordination::ServerOptions options;
  options.bind = "127.0.0.1";
  options.port = 0;
  options.identity = coordination::IssueIdentity(authority, {}, SystemClock()).value();
  const auto server = coordination::Server::Create(std::move(options), SystemClock(), [](const auto&) {}).value();
  coordination::RunSpec run;
  run.run_id = "run-1";
  run.token = "the-token";
  run.clients_expected = 1;
  run.streams_expected = kStreams;
  REQUIRE(server->AddRun(run));
  REQUIRE(coordination::WriteCredentials(dir.Path("run"), {authority.cert_pem, run.token}));
  coordination::SessionOptions session;
  session.address = fmt::format("127.0.0.1:{}", server->Port());
  session.credentials = {authority.cert_pem, run.token};
  session.run_id = run.run_id;
  session.instance = "churn";
  const auto churn = coordination::ChurnSession::Create(session, {}, SystemClock());
  churn->SetState(Truth());

  Controller client({"client", fmt::format("--destination=127.0.0.1:{}", destination->Port()),
                     fmt::format("--services=test-service-{{1..{}}}.ns.svc.cluster.local:8080", kServices),
                     fmt::format("--streams-per-service={}", kStreamsPerService), "--metrics-port=0",
                     "--coordinator=" + session.address, "--coordinator-dir=" + dir.Path("run"), "--run-id=run-1"});
  const auto joined = [&] { return server->View("run-1")->clients.streams_joined; };
  for (int patience = 0; patience < 6 && joined() < kStreams; ++patience) Await([&] { return joined() == kStreams; });
  REQUIRE(joined() == kStreams);
  const auto resident = ResidentKiB(client.Pid());
  WARN(fmt::format("{} streams: {} KiB, {:.1f} KiB a stream", kStreams, resident, double(resident) / kStreams));
  CHECK(resident <= 30 * kStreams);
  client.Signal(SIGTERM);
  CHECK(client.Ended() == 0);
}
