#pragma once

#include <functional>
#include <memory>
#include <string>

#include <prometheus/registry.h>
#include <nlohmann/json.hpp>

#include "coordination/worker_session.h"
#include "kube/client.h"
#include "kube/event_recorder.h"
#include "operator/controller.h"
#include "operator/load_test.h"
#include "operator/load_test_watch.h"
#include "operator/metrics.h"

namespace dst_load::op::test {

/// A real API server with LoadTests, a namespace of its own, and a controller in this process that works on it. Nothing
/// else runs there: no kubelet, no controllers; the test plays them.
class Cluster {
 public:
  explicit Cluster(const std::string& ns);
  /// Its controller, and nothing else, reaches the API server by this way.
  Cluster(const std::string& ns, const kube::Config& controllers_way);

  /// Starts a controller, on the port of the one before; StopController is like its process' end.
  void StartController();
  void StopController() {
    controller_.reset();
    tests_.reset();
  }

  kube::Client& Api() { return *client_; }
  const std::string& Namespace() const { return ns_; }
  OperatorMetrics& Metrics() { return metrics_; }

  /// Creates LoadTest "x" with this spec, as JSON text.
  void Apply(const std::string& spec);
  LoadTest Test();
  LoadTestStatus TestStatus() { return Test().status; }
  std::string ConditionText(std::string_view type);
  /// Everything of a kind in the namespace, as JSON; null when there is no such object.
  nlohmann::json Object(const kube::Resource& kind, const std::string& name);
  bool Exists(const kube::Resource& kind, const std::string& name) { return !Object(kind, name).is_null(); }
  void PatchStatus(const kube::Resource& kind, const std::string& name, const std::string& status);

  /// True once `wanted` holds; false after `seconds`.
  static bool Await(const std::function<bool()>& wanted, int seconds = 20);
  bool AwaitPhase(Phase phase);

  /// How a worker of the run finds the coordinator, from the run's Secret as in its Pod.
  coordination::SessionOptions Session(const std::string& instance);

 private:
  std::string ns_;
  std::unique_ptr<kube::Client> client_;
  std::unique_ptr<kube::Client> controllers_client_;
  prometheus::Registry registry_;
  OperatorMetrics metrics_{registry_};
  std::unique_ptr<kube::EventRecorder> recorder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<LoadTestWatch> tests_;
  std::unique_ptr<Controller> controller_;
};

}  // namespace dst_load::op::test
