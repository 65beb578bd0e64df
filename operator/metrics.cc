#include "operator/metrics.h"

#include <mutex>

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace dst_load::op {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr ControllerKind kControllers[] = {ControllerKind::kLoadTest, ControllerKind::kSchedule};

const char* NameOf(ControllerKind kind) { return kind == ControllerKind::kLoadTest ? "loadtest" : "loadtestschedule"; }

constexpr const char* kResults[] = {"success", "error", "requeue", "requeue_after"};

const prometheus::Histogram::BucketBoundaries kReconcileSeconds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                                1,     2.5,  5,     10,   30,  60};

MetricFamily Family(const char* name, const char* help, MetricType type) { return {name, help, type, {}}; }

void AddTo(MetricFamily& family, std::vector<ClientMetric::Label> labels, std::uint64_t value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (family.type == MetricType::Counter) {
    metric.counter.value = static_cast<double>(value);
  } else {
    metric.gauge.value = static_cast<double>(value);
  }
  family.metric.push_back(std::move(metric));
}

MetricFamily One(const char* name, const char* help, MetricType type, std::vector<ClientMetric::Label> labels,
                 std::uint64_t value) {
  MetricFamily family = Family(name, help, type);
  AddTo(family, std::move(labels), value);
  return family;
}

void AddQueues(std::vector<MetricFamily>& out, const LiveFigures& live, const kube::WorkQueue::Stats& schedules) {
  MetricFamily depth = Family("workqueue_depth", "Keys that wait to be reconciled.", MetricType::Gauge);
  MetricFamily adds = Family("workqueue_adds_total", "Keys that were added.", MetricType::Counter);
  MetricFamily retries =
      Family("workqueue_retries_total", "Keys that were added after a failure.", MetricType::Counter);
  for (const ControllerKind kind : kControllers) {
    const kube::WorkQueue::Stats& queue = kind == ControllerKind::kLoadTest ? live.queue : schedules;
    AddTo(depth, {{"name", NameOf(kind)}}, queue.depth);
    AddTo(adds, {{"name", NameOf(kind)}}, queue.adds);
    AddTo(retries, {{"name", NameOf(kind)}}, queue.retries);
  }
  for (MetricFamily* family : {&depth, &adds, &retries}) out.push_back(std::move(*family));
}

std::vector<MetricFamily> FamiliesOf(const LiveFigures& live, const kube::WorkQueue::Stats& schedules) {
  std::vector<MetricFamily> out;
  AddQueues(out, live, schedules);
  out.push_back(One("dst_load_coordinator_attached_total", "Sessions of workers that were accepted.",
                    MetricType::Counter, {}, live.coordinator.attached));
  MetricFamily refused =
      Family("dst_load_coordinator_refused_total", "Sessions that were refused, by reason.", MetricType::Counter);
  AddTo(refused, {{"reason", "token"}}, live.coordinator.refused_token);
  AddTo(refused, {{"reason", "run"}}, live.coordinator.refused_run);
  AddTo(refused, {{"reason", "malformed"}}, live.coordinator.malformed);
  AddTo(refused, {{"reason", "oversized"}}, live.coordinator.oversized);
  AddTo(refused, {{"reason", "flood"}}, live.coordinator.flooded);
  out.push_back(std::move(refused));
  MetricFamily tests = Family("dst_load_tests", "LoadTests, by phase.", MetricType::Gauge);
  for (const Phase phase : kPhases) {
    const auto found = live.tests.find(phase);
    AddTo(tests, {{"phase", std::string(PhaseName(phase))}}, found == live.tests.end() ? 0 : found->second);
  }
  out.push_back(std::move(tests));
  return out;
}

}  // namespace

struct OperatorMetrics::Impl {
  explicit Impl(prometheus::Registry& in)
      : registry(in),
        reconciled(prometheus::BuildCounter()
                       .Name("controller_runtime_reconcile_total")
                       .Help("Reconciliations, by result.")
                       .Register(in)),
        errors(prometheus::BuildCounter()
                   .Name("controller_runtime_reconcile_errors_total")
                   .Help("Reconciliations that failed.")
                   .Register(in)),
        took(prometheus::BuildHistogram()
                 .Name("controller_runtime_reconcile_time_seconds")
                 .Help("How long reconciliations took.")
                 .Register(in)),
        active(prometheus::BuildGauge()
                   .Name("controller_runtime_active_workers")
                   .Help("Workers that are reconciling now.")
                   .Register(in)),
        leads(prometheus::BuildGauge()
                  .Name("leader_election_master_status")
                  .Help("1 while this process leads.")
                  .Register(in)
                  .Add({{"name", "dst-load-operator"}})),
        verdicts(prometheus::BuildCounter()
                     .Name("dst_load_verdicts_total")
                     .Help("LoadTests that ended, by verdict.")
                     .Register(in)) {
    for (const ControllerKind kind : kControllers) {
      for (const char* result : kResults) reconciled.Add({{"controller", NameOf(kind)}, {"result", result}});
      errors.Add({{"controller", NameOf(kind)}});
      took.Add({{"controller", NameOf(kind)}}, kReconcileSeconds);
      active.Add({{"controller", NameOf(kind)}});
    }
    for (const char* verdict : {"Pass", "Fail", "Inconclusive"}) verdicts.Add({{"verdict", verdict}});
  }

  prometheus::Registry& registry;
  prometheus::Family<prometheus::Counter>& reconciled;
  prometheus::Family<prometheus::Counter>& errors;
  prometheus::Family<prometheus::Histogram>& took;
  prometheus::Family<prometheus::Gauge>& active;
  prometheus::Gauge& leads;
  prometheus::Family<prometheus::Counter>& verdicts;
  std::mutex mutex;
  std::function<LiveFigures()> live;
  std::function<kube::WorkQueue::Stats()> schedule_queue;
};

OperatorMetrics::OperatorMetrics(prometheus::Registry& registry) : impl_(std::make_unique<Impl>(registry)) {}
OperatorMetrics::~OperatorMetrics() = default;

void OperatorMetrics::Reconciled(std::string_view result, Micros took, ControllerKind kind) {
  impl_->reconciled.Add({{"controller", NameOf(kind)}, {"result", std::string(result)}}).Increment();
  if (result == "error") impl_->errors.Add({{"controller", NameOf(kind)}}).Increment();
  impl_->took.Add({{"controller", NameOf(kind)}}, kReconcileSeconds).Observe(static_cast<double>(took.count()) / 1e6);
}

void OperatorMetrics::Verdict(const std::string& verdict) { impl_->verdicts.Add({{"verdict", verdict}}).Increment(); }
void OperatorMetrics::Leads(bool leads) { impl_->leads.Set(leads ? 1 : 0); }
void OperatorMetrics::WorkerActive(bool active, ControllerKind kind) {
  impl_->active.Add({{"controller", NameOf(kind)}}).Increment(active ? 1 : -1);
}

void OperatorMetrics::SetLive(std::function<LiveFigures()> live) {
  const std::lock_guard lock(impl_->mutex);
  impl_->live = std::move(live);
}

void OperatorMetrics::SetScheduleQueue(std::function<kube::WorkQueue::Stats()> live) {
  const std::lock_guard lock(impl_->mutex);
  impl_->schedule_queue = std::move(live);
}

std::string OperatorMetrics::Render() const {
  std::vector<MetricFamily> families = impl_->registry.Collect();
  LiveFigures live;
  kube::WorkQueue::Stats schedules;
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->live) live = impl_->live();
    if (impl_->schedule_queue) schedules = impl_->schedule_queue();
  }
  for (auto& family : FamiliesOf(live, schedules)) families.push_back(std::move(family));
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace dst_load::op
