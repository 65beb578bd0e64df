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

struct ScheduleOptions {
  std::string watch_namespace;                      ///< empty: all
  std::string zone_folder = "/usr/share/zoneinfo";  ///< TZif files
};

/// The leader's work on LoadTestSchedules: one informer for them, one for the LoadTests that they made, and a worker.
///
/// Starts at once; without the CRD it waits for it. client, recorder (may be null), metrics and clock must outlive it.
/// The destructor stops, and waits for the pass that is under way.
class ScheduleController {
 public:
  static std::unique_ptr<ScheduleController> Start(kube::Client& client, ScheduleOptions options,
                                                   kube::EventRecorder* recorder, OperatorMetrics& metrics,
                                                   const Clock& clock);
  virtual ~ScheduleController() = default;
};

}  // namespace dst_load::op
