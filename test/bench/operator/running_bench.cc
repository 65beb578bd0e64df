// What LoadTests that run cost the operator beside a thousand that are suspended. Fewer of everything:
// DST_LOAD_BENCH_TESTS, _RUNNING, _RUNNING_SECONDS.
#include <mutex>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "bed.h"
#include "kube/informer.h"
#include "kube/object.h"
#include "kube/wait.h"
#include "operator/load_test.h"
#include "played_run.h"

using namespace dst_load;
using namespace dst_load::op::bench;
using nlohmann::json;

namespace {

constexpr const char* kNs = "running";
constexpr Micros kBeat = std::chrono::milliseconds{500};

/// When each LoadTest changed, as a watch tells. Thread-safe.
class Writes {
 public:
  Writes(kube::Client& client, const std::string& ns)
      : watch_(
            client, op::kLoadTests, InNamespace(ns), SystemClock(), [](const json&) -> Result<int> { return 0; },
            [this](const auto& change) {
              if (!change.relist) Note(change.key.name);
            }) {}
  /// Of each LoadTest that changed since the last call, how often it did.
  std::map<std::string, int> Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(counts_, {});
  }

 private:
  static kube::WatcherOptions InNamespace(const std::string& ns) {
    kube::WatcherOptions options;
    options.ns = ns;
    return options;
  }
  void Note(const std::string& name) {
    const std::lock_guard lock(mutex_);
    ++counts_[name];
  }

  std::mutex mutex_;
  std::map<std::string, int> counts_;
  kube::Informer<int> watch_;
};

std::string NameOf(int i) { return fmt::format("run-{}", i); }

/// Begins `count` LoadTests and plays their workers until all of them run.
std::vector<std::unique_ptr<PlayedRun>> BeginRuns(kube::Client& client, coordination::test::Theatre& theatre,
                                                  const OperatorProcess& process, int count) {
  std::vector<std::unique_ptr<PlayedRun>> runs;
  for (int i = 0; i < count; ++i) {
    REQUIRE(client.Create(op::kLoadTests, kNs, LoadTestOf(NameOf(i), json::parse(kPlayedSpec))));
  }
  for (int i = 0; i < count; ++i) {
    REQUIRE(Await([&] { return client.Get(kube::kDeployments, kNs, NameOf(i) + "-client").has_value(); }));
    runs.push_back(std::make_unique<PlayedRun>(client, theatre, kNs, NameOf(i), process.CoordinatorAddress()));
  }
  REQUIRE(Await([&] { return TestsIn(process, "Running") == count; }));
  return runs;
}

TEST_CASE("The operator with LoadTests that run beside a thousand that are suspended", "[bench]") {
  const int suspended = Setting("DST_LOAD_BENCH_TESTS", 1000);
  const int running = Setting("DST_LOAD_BENCH_RUNNING", 20);
  const int seconds = Setting("DST_LOAD_BENCH_RUNNING_SECONDS", 60);
  const auto client = Admin(kNs);
  coordination::test::Theatre theatre;
  OperatorProcess process(kNs);
  Table table;
  REQUIRE(Await([&] { return process.Leads(); }));
  for (int i = 0; i < suspended; ++i) {
    json spec = json::parse(kPlayedSpec);
    spec["suspend"] = true;
    REQUIRE(client->Create(op::kLoadTests, kNs, LoadTestOf(fmt::format("suspended-{}", i), std::move(spec))));
  }
  REQUIRE(Await([&] { return TestsIn(process, "Pending") == suspended; }));
  const std::string quiet = QuietPage(process);
  table.Resident(fmt::format("with {} suspended", suspended), process);
  kube::WaitFor({}, std::chrono::seconds{seconds} / 2);
  table.Requests("suspended", quiet, process.Metrics(), seconds / 2.0);

  const auto runs = BeginRuns(*client, theatre, process, running);
  Writes writes(*client, kNs);
  const auto play = [&](Micros span) {
    for (const MonoTime end = SystemClock().Mono() + span; SystemClock().Mono() < end;) {
      for (const auto& run : runs) run->Beat();
      kube::WaitFor({}, kBeat);
    }
  };
  play(std::chrono::seconds{10});  // they have begun, and their phases are written
  writes.Take();
  const std::string before = process.Metrics();
  const Micros cpu = process.Cpu();
  const MonoTime began = SystemClock().Mono();
  play(std::chrono::seconds{seconds});
  const auto written = writes.Take();
  const std::string after = process.Metrics();
  const double took = double((SystemClock().Mono() - began).count()) / 1e6;

  const std::string when = fmt::format("{} running", running);
  table.Requests(when, before, after, took);
  int all = 0, most = 0;
  for (const auto& [name, count] : written) all += count, most = std::max(most, count);
  table.Row(when + ": status writes/s of a LoadTest, mean", fmt::format("{:.2f}", all / took / running));
  table.Row(when + ": status writes/s of a LoadTest, most", fmt::format("{:.2f}", most / took));
  table.Row(when + ": reconciliations/s", fmt::format("{:.1f}", (Passes(after) - Passes(before)) / took));
  table.Reconciles(when, before, after);
  table.Row(when + ": processor", fmt::format("{:.1f} %", double((process.Cpu() - cpu).count()) / took / 1e4));
  table.Resident(when, process);
  WARN(table.Text());
  CHECK(written.size() == std::size_t(running));  // and of those that are suspended none
  CHECK(most <= took + 1);
  CHECK(TestsIn(process, "Running") == running);
  CHECK(SumOf(after, "controller_runtime_reconcile_errors_total") == 0);
  REQUIRE(process.Running());
}

}  // namespace
