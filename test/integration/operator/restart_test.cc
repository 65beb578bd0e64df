#include <catch2/catch.hpp>

#include "test/integration/operator/run_through.h"
#include "test/support/fault_proxy.h"
#include "test/support/kube_apiserver.h"

namespace dst_load::op::test {
namespace {

using coordination::ChurnStep;
using test_support::SharedApiServer;

/// Both clients hold this much: what is told while the API server is away is told all the same.
bool Reached(Cast& cast, measure::Seq seq) {
  return Cluster::Await([&] { return cast.one.TruthSeq() == seq && cast.two.TruthSeq() == seq; });
}

TEST_CASE("A run goes on while the API server can't be reached, and is told of afterwards", "[operator][fault]") {
  test_support::FaultProxy proxy(SharedApiServer().Admin());
  Cluster cluster("unreachable", proxy.Config());
  const auto away = [&](Cast& cast) {
    proxy.Set({.down = true});
    cast.churn.Report(ChurnStep::kScaleDown, 2);
    REQUIRE(Cluster::Await([&] { return proxy.Injected() >= 12; }));
    proxy.Set({});
  };
  CHECK(RunThrough(cluster, away) == WithoutFaults());
}

TEST_CASE("An API server that is killed and started again finds the run as it was", "[operator][fault]") {
  Cluster cluster("restarted");
  const auto restart = [&](Cast& cast) {
    const auto meanwhile = [&] {
      cast.churn.Report(ChurnStep::kScaleDown, 2);
      REQUIRE(Reached(cast, 4));
    };
    const auto served = SharedApiServer().RestartApiServer(meanwhile);
    INFO((served ? "" : served.error().message));
    REQUIRE(served);
  };
  CHECK(RunThrough(cluster, restart) == WithoutFaults());
}

TEST_CASE("An etcd that is killed and started again finds the run as it was", "[operator][fault]") {
  Cluster cluster("etcd");
  const auto restart = [&](Cast& cast) {
    const auto served = SharedApiServer().RestartEtcd([&] { REQUIRE(Reached(cast, 4)); });
    INFO((served ? "" : served.error().message));
    REQUIRE(served);
  };
  CHECK(RunThrough(cluster, restart) == WithoutFaults());
}

}  // namespace
}  // namespace dst_load::op::test
