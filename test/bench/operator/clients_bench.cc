// What one run with hundreds of clients costs the operator, and how late the last of them learns of a change. The
// clients are sessions of this process, over TLS and with the run's token. Other numbers: DST_LOAD_BENCH_CLIENTS,
// DST_LOAD_BENCH_CLIENTS_SECONDS; DST_LOAD_BENCH_CLIENTS_EVENTS, the scale events that lie behind the run.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/time.h"
#include "bed.h"
#include "coordination/worker_session.h"
#include "kube/base64.h"
#include "kube/client.h"
#include "kube/wait.h"
#include "measure/histogram.h"
#include "operator/load_test.h"
#include "played_client.h"
#include "played_run.h"

using namespace dst_load;
using namespace dst_load::op::bench;
using nlohmann::json;

namespace {

constexpr const char* kNs = "clients";
constexpr const char* kName = "many";
constexpr std::uint32_t kServices = 10;
constexpr std::uint64_t kStreamsPerService = 10;
constexpr std::uint64_t kChangesPerEvent = 190;  // from 10 to 200 endpoints, or back
constexpr Micros kBetweenEvents = std::chrono::seconds{45};
/// Real clients report twice a second, none at the same time as the others.
constexpr int kReportsPerSecond = 2;
constexpr int kTurns = 10;
constexpr Micros kTurn = Micros{std::chrono::seconds{1}} / kReportsPerSecond / kTurns;

json SpecOf(int clients) {
  return {
      {"destination", {{"address", "d:1"}}},
      {"workload", {{"services", kServices}}},
      {"churn",
       {{"pattern", "oscillate"}, {"minEndpoints", 10}, {"maxEndpoints", 200}, {"minHold", "30s"}, {"maxHold", "60s"}}},
      {"client", {{"replicas", clients}, {"streamsPerService", kStreamsPerService}}}};
}

/// One run's churn worker and its clients.
class Run {
 public:
  Run(const coordination::SessionOptions& session, coordination::test::Theatre& theatre, int clients, int events)
      : watch_(std::size_t(clients)), figures_(kServices, kStreamsPerService), events_(events) {
    coordination::SessionOptions as = session;
    as.instance = as.pod = "churn";
    churn_ = std::make_unique<coordination::test::Churn>(theatre, as);
    measure::TruthState state{1, {}};
    state.services.resize(kServices);
    churn_->Begin(state);
    churn_->Report(coordination::ChurnStep::kReady);
    for (int i = 0; i < clients; ++i) {
      as.instance = fmt::format("{:016x}", i);
      as.pod = fmt::format("{}-client-7d9c5b8f4-{:05}", kName, i);
      clients_.push_back(std::make_unique<PlayedClient>(as, watch_));
    }
    report_ = figures_.Snapshot(false);
    joined_ = figures_.Snapshot(true);
  }

  /// Plays for a while, or until `done`, which it asks every half second. False when time was up.
  template <class Done>
  bool Play(Micros span, Done done) {
    const MonoTime end = SystemClock().Mono() + span;
    while (SystemClock().Mono() < end) {
      if (done()) return true;
      for (int turn = 0; turn < kTurns; ++turn) Turn(std::size_t(turn));
    }
    return done();
  }
  bool Started() const { return churn_->Starts() > 0; }
  /// From here on changes are published, and the clients' figures are those of a run that goes on for a while.
  void Begin() {
    const WallTime now = SystemClock().Wall();
    for (int i = events_; i > 0; --i) figures_.Learn(now - kBetweenEvents * i, kChangesPerEvent);
    joined_ = figures_.Snapshot(true);
    begun_ = true;
  }
  void Complete(std::uint32_t cycle) { churn_->Report(coordination::ChurnStep::kHoldMax, cycle); }
  void Finish() {
    begun_ = false;
    churn_->Report(coordination::ChurnStep::kFinished, 3);
  }
  bool Released() const {
    return std::all_of(clients_.begin(), clients_.end(), [](const auto& client) { return client->Released(); });
  }
  RelayWatch& Relays() { return watch_; }

 private:
  void Turn(std::size_t turn) {
    const MonoTime next = SystemClock().Mono() + kTurn;
    if (begun_ && turn % (kTurns / 2) == 0) {
      watch_.Published(churn_->LastSeq() + 1);
      churn_->Grow(1);
      if (turn == 0) churn_->Report(coordination::ChurnStep::kHoldMax, 1);
    }
    for (std::size_t i = turn; i < clients_.size(); i += kTurns) {
      clients_[i]->Report(clients_[i]->Knows() ? joined_ : report_);
    }
    kube::WaitFor({}, std::max<Micros>(next - SystemClock().Mono(), Micros{0}));
  }

  RelayWatch watch_;
  PlayedFigures figures_;
  const int events_;
  bool begun_ = false;
  measure::ClientSnapshot report_, joined_;
  std::unique_ptr<coordination::test::Churn> churn_;
  std::vector<std::unique_ptr<PlayedClient>> clients_;
};

std::size_t CheckpointBytes(kube::Client& client) {
  const auto map = client.Get(kube::kConfigMaps, kNs, std::string(kName) + "-checkpoint");
  if (!map) return 0;
  return kube::DecodeBase64(map->at("binaryData").at("checkpoint").get<std::string>()).value().size();
}

std::string Seconds(Micros span) { return fmt::format("{:.2f} s", double(span.count()) / 1e6); }

void AddRelays(Table& table, const std::string& whom, const measure::Histogram& delays) {
  for (const double q : {0.5, 0.99}) {
    table.Row(fmt::format("truth to {}, p{:.0f} of {}", whom, q * 100, delays.Count()),
              fmt::format("{:.1f} ms", double(delays.Quantile(q).value_or(Micros{0}).count()) / 1e3));
  }
}

TEST_CASE("The operator with one run of many clients", "[bench]") {
  const int clients = Setting("DST_LOAD_BENCH_CLIENTS", 300);
  const int seconds = Setting("DST_LOAD_BENCH_CLIENTS_SECONDS", 30);
  const int events = Setting("DST_LOAD_BENCH_CLIENTS_EVENTS", 6);
  const auto client = Admin(kNs);
  coordination::test::Theatre theatre;
  OperatorProcess process(kNs);
  Table table;
  REQUIRE(Await([&] { return process.Leads(); }));
  REQUIRE(client->Create(op::kLoadTests, kNs, LoadTestOf(kName, SpecOf(clients))));
  REQUIRE(Await([&] { return client->Get(kube::kDeployments, kNs, std::string(kName) + "-client").has_value(); }));
  QuietPage(process);
  table.Resident("before the clients", process);

  const MonoTime began = SystemClock().Mono();
  Run run(SessionOf(*client, kNs, kName, process.CoordinatorAddress()), theatre, clients, events);
  REQUIRE(run.Play(std::chrono::minutes{2}, [&] { return run.Started(); }));
  table.Row(fmt::format("{} clients: connected, joined, churn started after", clients),
            Seconds(SystemClock().Mono() - began));
  table.Resident("at the barrier", process);
  REQUIRE(run.Play(std::chrono::minutes{1}, [&] { return TestsIn(process, "Running") == 1; }));

  run.Begin();
  const auto never = [] { return false; };
  run.Play(std::chrono::seconds{5}, never);
  run.Relays().Forget();
  const std::string before = process.Metrics();
  const Micros cpu = process.Cpu();
  const MonoTime measured = SystemClock().Mono();
  run.Play(std::chrono::seconds{seconds}, never);
  const double took = double((SystemClock().Mono() - measured).count()) / 1e6;
  const std::string after = process.Metrics();
  table.Row("running: processor", fmt::format("{:.1f} %", double((process.Cpu() - cpu).count()) / took / 1e4));
  table.Reconciles("running", before, after);
  AddRelays(table, "each client", run.Relays().ToEach());
  AddRelays(table, "the last client", run.Relays().ToLast());
  table.Resident("running", process);
  CHECK(run.Relays().ToLast().Count() > 0);

  run.Complete(2);
  REQUIRE(run.Play(std::chrono::minutes{1}, [&] { return CheckpointBytes(*client) > 0; }));
  table.Row("checkpoint", fmt::format("{:.1f} KiB", double(CheckpointBytes(*client)) / 1024));
  const MonoTime finished = SystemClock().Mono();
  run.Finish();
  REQUIRE(run.Play(std::chrono::minutes{2}, [&] { return run.Released(); }));
  table.Row("finished: verdict written, clients released after", Seconds(SystemClock().Mono() - finished));
  table.Resident("at the end", process);
  WARN(table.Text());
  CHECK(TestsIn(process, "Succeeded") + TestsIn(process, "Failed") == 1);
  CHECK(SumOf(process.Metrics(), "controller_runtime_reconcile_errors_total") == 0);
  REQUIRE(process.Running());
}

}  // namespace
