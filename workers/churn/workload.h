#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "kube/client.h"
#include "workers/churn/objects.h"

namespace dst_load::workers::churn {

/// Why the endpoints that are wanted are not there. CamelCase reason, and a sentence for people.
struct Trouble {
  std::string reason;
  std::string message;
};

/// The Services and Deployments of a run, at the API server.
///
/// Thread-safe as the client is. `client` must outlive it. Every call blocks; `go_on` is asked before each request.
class Workload {
 public:
  using GoOn = std::function<bool()>;

  Workload(kube::Client& client, ObjectSpec spec, std::vector<std::string> names);

  /// Creates what is missing and adopts what is ours, with `replicas[i]` replicas for service i. Idempotent. Checks all
  /// names before it changes anything: kConflict when one of them is somebody else's. `on_service` is called, on any
  /// thread, for each Service that was not there before.
  Status Ensure(const std::vector<std::uint32_t>& replicas, const GoOn& go_on, const std::function<void()>& on_service);
  Status Scale(std::uint32_t service, std::uint32_t replicas);
  /// Deletes every workload of this test, those of earlier runs included; its Pods go in the background.
  Status Delete(const GoOn& go_on);
  /// Looks for what keeps Pods from becoming endpoints. Never fails: what cannot be looked up is left out.
  Trouble Diagnose(std::uint64_t ready, std::uint64_t wanted);

 private:
  kube::Client& client_;
  const ObjectSpec spec_;
  const std::vector<std::string> names_;
};

/// What a Deployment's ReplicaFailure condition says, e.g. QuotaExceeded; empty reason when it has none.
Trouble ReplicaFailureOf(const nlohmann::json& deployment);
/// The scheduler's word on a Pod that it finds no node for; empty when it does not say so.
std::string UnschedulableMessage(const nlohmann::json& pod);
/// The reason that an API error gives a run: "NameConflict", "Forbidden", …
std::string ReasonOf(const Error& error);

}  // namespace dst_load::workers::churn
