#include <catch2/catch.hpp>

#include "kube/token_source.h"
#include "test/integration/operator/run_through.h"
#include "test/support/fault_proxy.h"
#include "test/support/kube_apiserver.h"
#include "test/support/temp_dir.h"

namespace dst_load::op::test {
namespace {

using namespace std::chrono_literals;
using test_support::FaultProxy;
using test_support::Faults;

/// A controller behind a proxy that makes trouble.
struct Troubled {
  explicit Troubled(const char* ns, const Faults& faults) : cluster(ns, Through(faults)) {}
  const kube::Config& Through(const Faults& faults) {
    proxy.Set(faults);
    return config;
  }
  FaultProxy proxy{test_support::SharedApiServer().Admin()};
  const kube::Config config = proxy.Config();
  Cluster cluster;
};

TEST_CASE("Nothing goes wrong where a proxy lets everything through", "[operator][fault]") {
  Troubled at("calm", {});
  CHECK(RunThrough(at.cluster) == WithoutFaults());
  CHECK(at.proxy.Injected() == 0);
}

TEST_CASE("An API server that is 500 ms away changes no count and no verdict", "[operator][fault]") {
  Troubled at("far", {.latency = 500ms});
  CHECK(RunThrough(at.cluster) == WithoutFaults());
  CHECK(at.proxy.Injected() > 10);
}

TEST_CASE("Requests that are throttled are sent again when they may be", "[operator][fault]") {
  Troubled at("throttled", {});
  at.proxy.Set({.throttled = 6});
  const auto again = [&](Cast&) { at.proxy.Set({.throttled = 6}); };
  CHECK(RunThrough(at.cluster, again) == WithoutFaults());
  CHECK(at.proxy.Injected() == 12);
}

TEST_CASE("A storm of conflicts on the status loses no write and repeats none", "[operator][fault]") {
  Troubled at("conflicts", {.status_conflicts = true});
  CHECK(RunThrough(at.cluster) == WithoutFaults());
  CHECK(at.proxy.Injected() >= 3);
  CHECK_THAT(at.cluster.Metrics().Render(), Catch::Contains("dst_load_verdicts_total{verdict=\"Pass\"} 1\n"));
}

TEST_CASE("Watches that are cut every two seconds miss nothing", "[operator][fault]") {
  Troubled at("cut", {.watch_lifetime = 2s});
  // As long as it takes for a backoff that did not end to be felt.
  const auto many_cuts = [&](Cast&) { REQUIRE(Cluster::Await([&] { return at.proxy.Injected() >= 9; }, 60)); };
  CHECK(RunThrough(at.cluster, many_cuts) == WithoutFaults());
}

TEST_CASE("A server that forgets every version at once is listed anew each time", "[operator][fault]") {
  Troubled at("forgetful", {.watch_lifetime = 1500ms, .forget_versions = true});
  CHECK(RunThrough(at.cluster) == WithoutFaults());
  CHECK(at.proxy.Injected() >= 6);
}

TEST_CASE("A token that expired is no longer sent once its file holds another", "[operator][fault]") {
  const test_support::TempDir files;
  FaultProxy proxy(test_support::SharedApiServer().Admin());
  kube::Config config = proxy.Config();
  config.token = kube::FileToken(files.Write("token", "first"), SystemClock());
  proxy.Set({.token = "first"});
  Cluster cluster("expired", config);
  const auto expire = [&](Cast& cast) {
    // Cut as well: watches that were authorized would go on.
    proxy.Set({.token = "second", .down = true});
    proxy.Set({.token = "second"});
    const auto before = proxy.Injected();
    cast.churn.Report(coordination::ChurnStep::kScaleDown, 2);
    REQUIRE(Cluster::Await([&] { return proxy.Injected() >= before + 3; }));
    files.Write("token", "second");
  };
  CHECK(RunThrough(cluster, expire) == WithoutFaults());
}

}  // namespace
}  // namespace dst_load::op::test
