// What many LoadTests cost the operator, and how long a new one waits. Against a real kube-apiserver; the operator is
// the program itself. Fewer of everything: DST_LOAD_BENCH_TESTS, _APPLIES, _IDLE_SECONDS.
#include <cstdlib>
#include <functional>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "kube/client.h"
#include "kube/wait.h"
#include "measure/histogram.h"
#include "operator/load_test.h"
#include "operator_process.h"
#include "test/integration/crd/install.h"
#include "test/support/kube_apiserver.h"

using namespace dst_load;
using namespace dst_load::op::bench;
using nlohmann::json;

namespace {

constexpr const char* kNs = "bench";
constexpr const char* kReconcileSeconds = "controller_runtime_reconcile_time_seconds";

int Setting(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

bool Await(const std::function<bool()>& wanted, Micros patience = std::chrono::minutes{5}) {
  const MonoTime end = SystemClock().Mono() + patience;
  while (!wanted()) {
    if (SystemClock().Mono() > end) return false;
    kube::WaitFor({}, std::chrono::milliseconds{1});
  }
  return true;
}

std::unique_ptr<kube::Client> Admin() {
  kube::ClientOptions options;
  options.qps = 0;
  return std::move(*kube::Client::Create(test_support::SharedApiServer().Admin(), options, SystemClock()));
}

json LoadTestOf(const std::string& name, bool stopped) {
  return {{"apiVersion", op::kLoadTests.ApiVersion()},
          {"kind", "LoadTest"},
          {"metadata", {{"name", name}}},
          {"spec", {{"stop", stopped}, {"client", {{"replicas", 1}}}}}};
}

double TestsIn(const OperatorProcess& process, const char* phase) {
  return SumOf(process.Metrics(), "dst_load_tests", fmt::format("phase=\"{}\"", phase));
}

double Passes(const std::string& page) { return SumOf(page, "controller_runtime_reconcile_total"); }

/// A page of a time at which nothing is left to do.
std::string QuietPage(const OperatorProcess& process) {
  std::string last = process.Metrics();
  REQUIRE(Await([&] {
    kube::WaitFor({}, std::chrono::seconds{1});
    std::string now = process.Metrics();
    const bool quiet = Passes(now) == Passes(last) && SumOf(now, "workqueue_depth") == 0;
    last = std::move(now);
    return quiet;
  }));
  return last;
}

void Row(std::string& table, const std::string& what, const std::string& figure) {
  table += fmt::format("  {:<58}{:>14}\n", what, figure);
}

/// From sending a LoadTest to both of its children being there.
Micros ApplyOne(kube::Client& client, const std::string& name) {
  const MonoTime started = SystemClock().Mono();
  REQUIRE(client.Create(op::kLoadTests, kNs, LoadTestOf(name, false)));
  REQUIRE(Await([&] { return client.Get(kube::kPods, kNs, name + "-churn").has_value(); }));
  REQUIRE(Await([&] { return client.Get(kube::kDeployments, kNs, name + "-client").has_value(); }));
  return SystemClock().Mono() - started;
}

TEST_CASE("The operator with a thousand LoadTests", "[bench]") {
  const int tests = Setting("DST_LOAD_BENCH_TESTS", 1000);
  const int applies = Setting("DST_LOAD_BENCH_APPLIES", 50);
  const int idle_seconds = Setting("DST_LOAD_BENCH_IDLE_SECONDS", 30);
  const auto client = Admin();
  REQUIRE(test_support::InstallLoadTests(*client));
  REQUIRE(client->Create(kube::kNamespaces, "", {{"metadata", {{"name", kNs}}}}));
  OperatorProcess process(kNs);
  std::string table = "\n";

  REQUIRE(Await([&] { return SumOf(process.Metrics(), "leader_election_master_status") == 1; }));
  QuietPage(process);
  Row(table, "resident memory without any LoadTest", fmt::format("{:.1f} MiB", double(process.ResidentKiB()) / 1024));

  for (int i = 0; i < tests; ++i) {
    REQUIRE(client->Create(op::kLoadTests, kNs, LoadTestOf(fmt::format("idle-{}", i), true)));
  }
  REQUIRE(Await([&] { return TestsIn(process, "Stopped") == tests; }));
  const std::string before = QuietPage(process);
  Row(table, fmt::format("resident memory with {} ended LoadTests", tests),
      fmt::format("{:.1f} MiB", double(process.ResidentKiB()) / 1024));

  kube::WaitFor({}, std::chrono::seconds{idle_seconds});
  const std::string after = process.Metrics();
  for (const char* method : {"GET", "PUT", "PATCH", "POST"}) {
    const std::string label = fmt::format("method=\"{}\"", method);
    const double asked =
        SumOf(after, "rest_client_requests_total", label) - SumOf(before, "rest_client_requests_total", label);
    Row(table, fmt::format("idle: {} requests/s over {} s", method, idle_seconds),
        fmt::format("{:.2f}", asked / idle_seconds));
  }
  Row(table, "idle: reconciliations", fmt::format("{:.0f}", Passes(after) - Passes(before)));

  const MonoTime touched = SystemClock().Mono();
  for (int i = 0; i < tests; ++i) {
    REQUIRE(client->MergePatch(op::kLoadTests, kNs, fmt::format("idle-{}", i),
                               {{"metadata", {{"annotations", {{"touched", "yes"}}}}}}));
  }
  REQUIRE(Await([&] { return Passes(process.Metrics()) >= Passes(after) + tests; }));
  const Micros storm = SystemClock().Mono() - touched;
  const std::string page = QuietPage(process);
  Row(table, fmt::format("storm: {} LoadTests touched, all reconciled after", tests),
      fmt::format("{:.2f} s", double(storm.count()) / 1e6));
  for (const double q : {0.5, 0.99}) {
    Row(table, fmt::format("storm: reconcile p{:.0f}, at most", q * 100),
        fmt::format("{:g} ms", QuantileBetween(after, page, kReconcileSeconds, q) * 1e3));
  }
  Row(table, "storm: resident memory after it", fmt::format("{:.1f} MiB", double(process.ResidentKiB()) / 1024));

  measure::Histogram waits;
  for (int i = 0; i < applies; ++i) {
    const std::string name = fmt::format("new-{}", i);
    waits.Record(ApplyOne(*client, name));
    REQUIRE(client->Delete(op::kLoadTests, kNs, name));
  }
  for (const double q : {0.5, 0.99}) {
    Row(table, fmt::format("apply to both children, p{:.0f} of {}", q * 100, applies),
        fmt::format("{:.1f} ms", double(waits.Quantile(q).value_or(Micros{0}).count()) / 1e3));
  }
  REQUIRE(process.Running());
  WARN(table);
}

}  // namespace
