#include "test/integration/operator/run_through.h"

#include <map>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "kube/object.h"

namespace dst_load::op::test {
namespace {

using coordination::ChurnStep;

constexpr int kPatience = 120;  // seconds
const measure::TruthState kFirst{0, {{{"10.9.0.1", 8080, "pod-a"}}}};
const char* const kSpec = R"({
  "destination": {"address": "d:1"}, "workload": {"services": 1},
  "churn": {"pattern": "oscillate", "minEndpoints": 1, "maxEndpoints": 5, "minHold": "1s", "maxHold": "1s", "cycles": 3},
  "client": {"replicas": 2, "streamsPerService": 3},
  "criteria": {"destination": {"p99": "1s"}}})";

const std::pair<kube::Resource, std::string> kChildren[] = {
    {kube::kPods, "x-churn"}, {kube::kDeployments, "x-client"}, {kube::kSecrets, "x-run"}};

/// uids of the children that there must be once; requires that there are no others.
std::map<std::string, std::string> OnlyChildren(Cluster& cluster) {
  std::map<std::string, std::string> uids;
  for (const auto& [kind, name] : kChildren) {
    const auto found = cluster.Api().List(kind, cluster.Namespace(), "dst-load.dev/test=x");
    REQUIRE(found);
    INFO(kind.plural);
    REQUIRE(found->items.size() == 1);
    REQUIRE(kube::KeyOf(found->items[0]).name == name);
    uids[name] = kube::StringAt(found->items[0], "metadata.uid");
  }
  return uids;
}

void RequireNoOrphan(Cluster& cluster) {
  const std::string uid = cluster.Test().meta.uid;
  for (const auto& kind : {kube::kPods, kube::kDeployments, kube::kSecrets, kube::kConfigMaps, kube::kServiceAccounts,
                           kube::kRoles, kube::kRoleBindings}) {
    const auto found = cluster.Api().List(kind, cluster.Namespace());
    REQUIRE(found);
    for (const auto& each : found->items) {
      const std::string name = kube::KeyOf(each).name;
      INFO(kind.plural << "/" << name);
      if (name == "dst-load-coordinator-ca") continue;  // the operator's own, for all tests
      REQUIRE(each.at("metadata").at("ownerReferences").size() == 1);
      REQUIRE(each.at("metadata").at("ownerReferences").at(0).at("uid") == uid);
    }
  }
}

bool Await(const std::function<bool()>& wanted) { return Cluster::Await(wanted, kPatience); }

Ending EndingOf(Cluster& cluster, const Cast& cast) {
  const LoadTestStatus status = cluster.TestStatus();
  return {std::string(PhaseName(status.phase)),
          status.verdict,
          status.cycles,
          status.client.due,
          status.client.updates,
          status.client.missing,
          status.violations.at("total"),
          cast.churn.Starts()};
}

}  // namespace

Cast::Cast(Cluster& cluster)
    : churn(theatre, cluster.Session("churn")),
      one(theatre, cluster.Session("one"), 3),
      two(theatre, cluster.Session("two"), 3) {
  churn.Begin(kFirst);
  churn.Report(ChurnStep::kReady);
}

std::ostream& operator<<(std::ostream& out, const Ending& ending) {
  return out << fmt::format("{} {} cycles {} due {} updates {} missing {} violations {} starts {}", ending.phase,
                            ending.verdict, ending.cycles, ending.due, ending.updates, ending.missing,
                            ending.violations, ending.starts);
}

Ending WithoutFaults() { return {"Succeeded", "Pass", "3/3", 36, 36, 0, 0, 1}; }

Ending RunThrough(Cluster& cluster, const std::function<void(Cast&)>& in_mid_run) {
  cluster.Apply(kSpec);
  REQUIRE(Await([&] {
    return std::all_of(std::begin(kChildren), std::end(kChildren),
                       [&](const auto& child) { return cluster.Exists(child.first, child.second); });
  }));
  const auto children = OnlyChildren(cluster);
  Cast cast(cluster);
  REQUIRE(Await([&] { return cluster.TestStatus().phase == Phase::kRunning; }));
  cast.churn.Grow(4);
  cast.churn.Report(ChurnStep::kHoldMax, 1);
  REQUIRE(Await([&] { return cluster.TestStatus().client.updates == 24; }));
  if (in_mid_run) in_mid_run(cast);
  cast.churn.Grow(2);
  REQUIRE(Await([&] { return cluster.TestStatus().client.updates == 36; }));
  REQUIRE(OnlyChildren(cluster) == children);
  cast.churn.Report(ChurnStep::kFinished, 3);
  REQUIRE(Await([&] { return IsTerminal(cluster.TestStatus().phase); }));
  const Ending ending = EndingOf(cluster, cast);
  REQUIRE(Await([&] { return cast.churn.Released() && cast.one.Released() && cast.two.Released(); }));
  REQUIRE(Await([&] { return !cluster.Exists(kube::kDeployments, "x-client"); }));
  RequireNoOrphan(cluster);
  return ending;
}

}  // namespace dst_load::op::test
