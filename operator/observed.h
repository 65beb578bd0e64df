#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "coordination/server.h"
#include "operator/load_test.h"

namespace dst_load::op {

/// One container as the kubelet reports it.
struct ContainerView {
  std::string name;
  std::string waiting_reason;
  std::string waiting_message;
  std::string last_exit_reason;  ///< of the newest termination: "OOMKilled", "Error", "Completed"
  std::int64_t last_exit_code = 0;
  std::int64_t restarts = 0;
  bool stopped = false;                    ///< it has ended, or waits to begin (again)
  std::optional<WallTime> last_exit_at{};  ///< by its node's clock, in whole seconds
};

/// One Pod of ours, churn or client.
struct PodView {
  Meta meta;
  std::string test;       ///< name of its LoadTest
  std::string component;  ///< "churn" or "client"
  std::string owner_uid;  ///< of the LoadTest; of a client Pod, its ReplicaSet's: not compared
  std::string run_id;
  std::string phase;   ///< Pending, Running, Succeeded, Failed, Unknown
  std::string reason;  ///< status.reason: "Evicted", "NodeLost"
  std::string message;
  std::string unschedulable;  ///< why the scheduler has no node for it; empty when it has
  std::string disruption;     ///< why something else ends it: "EvictionByEvictionAPI"; empty when nothing does
  std::string disruption_message;
  bool ready = false;
  std::vector<ContainerView> containers;  ///< those that begin first are first

  bool Finished() const { return phase == "Succeeded" || phase == "Failed"; }
};

/// The client Deployment.
struct DeploymentView {
  Meta meta;
  std::string test;
  std::string owner_uid;
  std::string run_id;
  std::int64_t replicas = 0;    ///< asked for
  std::string replica_failure;  ///< why Pods cannot be created (quota); empty when they can
};

/// The per-run Secret, without what is secret.
struct SecretView {
  std::string owner_uid;
  std::string run_id;
};

/// What the last pass could not do.
struct ApplyTrouble {
  std::string what;  ///< "churn Pod", "client Deployment"
  Error error;
};

/// Everything that a decision about one LoadTest rests on. A value: copy it, compare it, make it up in tests.
struct Observed {
  LoadTest test;
  std::optional<PodView> churn_pod;
  std::vector<PodView> client_pods;  ///< of this run
  std::optional<DeploymentView> clients;
  std::optional<SecretView> secret;
  bool support_applied = false;  ///< ServiceAccounts, Role and RoleBinding of this run, by this process
  bool run_known = false;        ///< the coordinator holds the run
  std::optional<coordination::RunView> run;
  Micros run_age{0};  ///< since the coordinator took the run up
  bool checkpoint_changed = false;
  bool workload_deleted = false;  ///< by this process
  bool children_deleted = false;  ///< by this process, for good: ttlAfterFinished has passed
  int report_failures = 0;        ///< times that the report could not be written, by this process
  std::optional<ApplyTrouble> trouble;
  std::string fresh_run_id;  ///< to be used if a run begins
};

}  // namespace dst_load::op
