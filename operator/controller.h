#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "coordination/server.h"
#include "kube/client.h"
#include "operator/children.h"
#include "operator/metrics.h"

namespace dst_load::kube {
class EventRecorder;
}

namespace dst_load::op {

class LoadTestWatch;

struct ControllerOptions {
  std::string watch_namespace;  ///< empty: all
  std::string own_namespace;    ///< holds the coordinator's authority
  std::string coordinator_bind = "0.0.0.0";
  std::uint16_t coordinator_port = 9092;  ///< 0: a free one
  ChildOptions children;
  std::string calibration;  ///< the tool's own error, a JSON object, for reports; empty: not measured
  int workers = 2;
};

/// The leader's work: informers and a coordinator tell of keys; workers take each key through observe, Reconcile and
/// apply.
///
/// Start once, from one thread. client, tests, recorder, metrics and clock must outlive it; recorder may be null. tests
/// covers options.watch_namespace. The destructor stops, and waits for the passes that are under way.
class Controller {
 public:
  /// Makes or reads the authority, listens for workers and starts all threads. Errors: those of the API server, and
  /// kUnavailable for a port that is taken.
  static Result<std::unique_ptr<Controller>> Start(kube::Client& client, LoadTestWatch& tests,
                                                   ControllerOptions options, kube::EventRecorder* recorder,
                                                   OperatorMetrics& metrics, const Clock& clock);
  virtual ~Controller() = default;

  /// The port on which workers attach.
  virtual std::uint16_t CoordinatorPort() const = 0;
  /// True once every informer has its first list.
  virtual bool Synced() const = 0;
};

}  // namespace dst_load::op
