#pragma once

#include "test/integration/coordination/stage.h"
#include "test/integration/operator/cluster.h"

namespace dst_load::op::test {

using coordination::ChurnStep;
using coordination::test::Theatre;
using FakeChurn = coordination::test::Churn;
using FakeClient = coordination::test::Client;

inline const measure::TruthState kFirst{0, {{{"10.9.0.1", 8080, "pod-a"}}}};
inline const char* const kSmall = R"({
  "destination": {"address": "d:1"}, "workload": {"services": 1},
  "churn": {"pattern": "oscillate", "minEndpoints": 1, "maxEndpoints": 5, "minHold": "1s", "maxHold": "1s", "cycles": 3},
  "client": {"replicas": 2, "streamsPerService": 3},
  "criteria": {"destination": {"p99": "1s"}}})";

/// The workers of a run: real sessions, played by the test.
struct Troupe {
  explicit Troupe(Cluster& cluster)
      : churn(theatre, cluster.Session("churn")),
        one(theatre, cluster.Session("one"), 3),
        two(theatre, cluster.Session("two"), 3) {
    churn.Begin(kFirst);
    churn.Report(ChurnStep::kReady);
  }
  Theatre theatre;
  FakeChurn churn;
  FakeClient one, two;
};

inline bool HasChildren(Cluster& cluster) {
  return cluster.Exists(kube::kPods, "x-churn") && cluster.Exists(kube::kDeployments, "x-client");
}

}  // namespace dst_load::op::test
