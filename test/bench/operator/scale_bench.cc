// What many LoadTests cost the operator, and how long a new one waits. Against a real kube-apiserver; the operator is
// the program itself. Fewer of everything: DST_LOAD_BENCH_TESTS, _APPLIES, _IDLE_SECONDS.
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "bed.h"
#include "kube/wait.h"
#include "measure/histogram.h"
#include "operator/load_test.h"

using namespace dst_load;
using namespace dst_load::op::bench;

namespace {

constexpr const char* kNs = "bench";

/// From sending a LoadTest to both of its children being there.
Micros ApplyOne(kube::Client& client, const std::string& name) {
  const MonoTime started = SystemClock().Mono();
  REQUIRE(client.Create(op::kLoadTests, kNs, LoadTestOf(name, {{"client", {{"replicas", 1}}}})));
  REQUIRE(Await([&] { return client.Get(kube::kPods, kNs, name + "-churn").has_value(); }));
  REQUIRE(Await([&] { return client.Get(kube::kDeployments, kNs, name + "-client").has_value(); }));
  return SystemClock().Mono() - started;
}

TEST_CASE("The operator with a thousand LoadTests", "[bench]") {
  const int tests = Setting("DST_LOAD_BENCH_TESTS", 1000);
  const int applies = Setting("DST_LOAD_BENCH_APPLIES", 50);
  const int idle_seconds = Setting("DST_LOAD_BENCH_IDLE_SECONDS", 30);
  const auto client = Admin(kNs);
  OperatorProcess process(kNs);
  Table table;

  REQUIRE(Await([&] { return process.Leads(); }));
  QuietPage(process);
  kube::WaitFor({}, std::chrono::seconds{idle_seconds});
  table.Resident("without any LoadTest", process);

  for (int i = 0; i < tests; ++i) {
    REQUIRE(client->Create(op::kLoadTests, kNs,
                           LoadTestOf(fmt::format("idle-{}", i), {{"stop", true}, {"client", {{"replicas", 1}}}})));
  }
  REQUIRE(Await([&] { return TestsIn(process, "Stopped") == tests; }));
  const std::string before = QuietPage(process);
  table.Resident(fmt::format("with {} ended LoadTests", tests), process);

  kube::WaitFor({}, std::chrono::seconds{idle_seconds});
  const std::string after = process.Metrics();
  table.Requests("idle", before, after, idle_seconds);
  table.Row("idle: reconciliations", fmt::format("{:.0f}", Passes(after) - Passes(before)));

  const MonoTime touched = SystemClock().Mono();
  for (int i = 0; i < tests; ++i) {
    REQUIRE(client->MergePatch(op::kLoadTests, kNs, fmt::format("idle-{}", i),
                               {{"metadata", {{"annotations", {{"touched", "yes"}}}}}}));
  }
  REQUIRE(Await([&] { return Passes(process.Metrics()) >= Passes(after) + tests; }));
  const Micros storm = SystemClock().Mono() - touched;
  const std::string page = QuietPage(process);
  table.Row(fmt::format("storm: {} LoadTests touched, all reconciled after", tests),
            fmt::format("{:.2f} s", double(storm.count()) / 1e6));
  table.Reconciles("storm", after, page);
  table.Resident("after the storm", process);

  measure::Histogram waits;
  for (int i = 0; i < applies; ++i) {
    const std::string name = fmt::format("new-{}", i);
    waits.Record(ApplyOne(*client, name));
    REQUIRE(client->Delete(op::kLoadTests, kNs, name));
  }
  for (const double q : {0.5, 0.99}) {
    table.Row(fmt::format("apply to both children, p{:.0f} of {}", q * 100, applies),
              fmt::format("{:.1f} ms", double(waits.Quantile(q).value_or(Micros{0}).count()) / 1e3));
  }
  REQUIRE(process.Running());
  WARN(table.Text());
}

}  // namespace
