#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"
#include "coordination/server.h"
#include "kube/work_queue.h"
#include "operator/load_test.h"

namespace prometheus {
class Registry;
}

namespace dst_load::op {

/// What is read when a scrape comes, from whoever leads; zeros while nobody here does. Thread-safe functions.
struct LiveFigures {
  kube::WorkQueue::Stats queue;
  coordination::ServerStats coordinator;
  std::map<Phase, std::uint64_t> tests;
};

/// Which controller a figure is about.
enum class ControllerKind { kLoadTest, kSchedule };

/// The operator's own metrics, named, labelled and with buckets as controller-runtime's and client-go's are. Every
/// series exists from the start, at zero. No error here is terminal, and nothing catches a panic: those two stay at
/// zero. Thread-safe. The registry must outlive it.
class OperatorMetrics {
 public:
  explicit OperatorMetrics(prometheus::Registry& registry);
  ~OperatorMetrics();
  OperatorMetrics(const OperatorMetrics&) = delete;
  OperatorMetrics& operator=(const OperatorMetrics&) = delete;

  /// `result`: "success", "error", "requeue" or "requeue_after".
  void Reconciled(std::string_view result, Micros took, ControllerKind kind = ControllerKind::kLoadTest);
  void Verdict(const std::string& verdict);
  void Leads(bool leads);
  void WorkerActive(bool active, ControllerKind kind = ControllerKind::kLoadTest);
  /// How many workers a controller that has begun has.
  void MaxWorkers(int workers, ControllerKind kind = ControllerKind::kLoadTest);
  /// Where figures come from; an empty function: nowhere.
  void SetLive(std::function<LiveFigures()> live);
  /// The same for the queue of schedules.
  void SetScheduleQueue(std::function<kube::WorkQueue::Stats()> live);
  /// Everything in the registry, in Prometheus' text format.
  std::string Render() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dst_load::op
