#pragma once

#include <memory>
#include <string>

#include "base/time.h"
#include "kube/client.h"
#include "operator/metrics.h"

namespace dst_load::kube {
class EventRecorder;
}

namespace dst_load::op {

class LoadTestWatch;

struct ScheduleOptions {
  std::string watch_namespace;                      ///< empty: all
  std::string zone_folder = "/usr/share/zoneinfo";  ///< TZif files
};

/// The leader's work on LoadTestSchedules: an informer for them and a worker; the watch of LoadTests is shared.
///
/// Starts at once; without the CRD it waits for it. client, tests, recorder (may be null), metrics and clock must
/// outlive it; tests covers options.watch_namespace. The destructor stops, and waits for the pass that is under way.
class ScheduleController {
 public:
  static std::unique_ptr<ScheduleController> Start(kube::Client& client, LoadTestWatch& tests, ScheduleOptions options,
                                                   kube::EventRecorder* recorder, OperatorMetrics& metrics,
                                                   const Clock& clock);
  virtual ~ScheduleController() = default;
};

}  // namespace dst_load::op
