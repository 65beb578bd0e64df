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

const prometheus::Histogram::BucketBoundaries kReconcileSeconds{
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1,  1.25, 1.5,
    1.75,  2,    2.5,   3,    3.5, 4,    4.5, 5,    6,   7,    8,   9,    10,  15,  20,  25,  30,  40, 50,   60};

MetricFamily Family(const char* name, const char* help, MetricType type) { return {name, help, type, {}}; }

using Labels = std::vector<ClientMetric::Label>;

void AddTo(MetricFamily& family, Labels labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (family.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  family.metric.push_back(std::move(metric));
}

void AddTo(MetricFamily& family, Labels labels, std::uint64_t value) {
  AddTo(family, std::move(labels), static_cast<double>(value));
}

void AddTo(MetricFamily& family, Labels labels, const kube::DurationCounts& counts) {
  ClientMetric metric;
  metric.label = std::move(labels);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counts.within.size(); ++i) {
    below += counts.within[i];
    metric.histogram.bucket.push_back({below, kube::DurationCounts::kUpperSeconds[i]});
  }
  metric.histogram.sample_count = counts.count;
  metric.histogram.sample_sum = counts.sum_seconds;
  family.metric.push_back(std::move(metric));
}

double Seconds(Micros span) { return std::chrono::duration<double>(span).count(); }

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
  MetricFamily queued = Family("workqueue_queue_duration_seconds", "How long keys waited.", MetricType::Histogram);
  MetricFamily worked = Family("workqueue_work_duration_seconds", "How long a key's pass took.", MetricType::Histogram);
  MetricFamily unfinished = Family("workqueue_unfinished_work_seconds",
                                   "How long the passes that go on now have taken, together.", MetricType::Gauge);
  MetricFamily longest = Family("workqueue_longest_running_processor_seconds",
                                "How long the longest pass that goes on now has taken.", MetricType::Gauge);
  for (const ControllerKind kind : kControllers) {
    const kube::WorkQueue::Stats& queue = kind == ControllerKind::kLoadTest ? live.queue : schedules;
    const Labels labels{{"name", NameOf(kind)}, {"controller", NameOf(kind)}};
    AddTo(depth, labels, static_cast<std::uint64_t>(queue.depth));
    AddTo(adds, labels, queue.adds);
    AddTo(retries, labels, queue.retries);
    AddTo(queued, labels, queue.queued);
    AddTo(worked, labels, queue.worked);
    AddTo(unfinished, labels, Seconds(queue.unfinished));
    AddTo(longest, labels, Seconds(queue.longest));
  }
  for (MetricFamily* family : {&depth, &adds, &retries, &queued, &worked, &unfinished, &longest}) {
    out.push_back(std::move(*family));
  }
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
        terminal(prometheus::BuildCounter()
                     .Name("controller_runtime_terminal_reconcile_errors_total")
                     .Help("Reconciliations that failed for good.")
                     .Register(in)),
        panics(prometheus::BuildCounter()
                   .Name("controller_runtime_reconcile_panics_total")
                   .Help("Reconciliations that panicked.")
                   .Register(in)),
        took(prometheus::BuildHistogram()
                 .Name("controller_runtime_reconcile_time_seconds")
                 .Help("How long reconciliations took.")
                 .Register(in)),
        active(prometheus::BuildGauge()
                   .Name("controller_runtime_active_workers")
                   .Help("Workers that are reconciling now.")
                   .Register(in)),
        most(prometheus::BuildGauge()
                 .Name("controller_runtime_max_concurrent_reconciles")
                 .Help("Workers that may reconcile at a time.")
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
      terminal.Add({{"controller", NameOf(kind)}});
      panics.Add({{"controller", NameOf(kind)}});
      took.Add({{"controller", NameOf(kind)}}, kReconcileSeconds);
      most.Add({{"controller", NameOf(kind)}});
      active.Add({{"controller", NameOf(kind)}});
    }
    for (const char* verdict : {"Pass", "Fail", "Inconclusive"}) verdicts.Add({{"verdict", verdict}});
  }

  prometheus::Registry& registry;
  prometheus::Family<prometheus::Counter>& reconciled;
  prometheus::Family<prometheus::Counter>& errors;
  prometheus::Family<prometheus::Counter>& terminal;
  prometheus::Family<prometheus::Counter>& panics;
  prometheus::Family<prometheus::Histogram>& took;
  prometheus::Family<prometheus::Gauge>& active;
  prometheus::Family<prometheus::Gauge>& most;
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
  impl_->took.Add({{"controller", NameOf(kind)}}, kReconcileSeconds).Observe(Seconds(took));
}

void OperatorMetrics::Verdict(const std::string& verdict) { impl_->verdicts.Add({{"verdict", verdict}}).Increment(); }
void OperatorMetrics::Leads(bool leads) { impl_->leads.Set(leads ? 1 : 0); }
void OperatorMetrics::WorkerActive(bool active, ControllerKind kind) {
  impl_->active.Add({{"controller", NameOf(kind)}}).Increment(active ? 1 : -1);
}

void OperatorMetrics::MaxWorkers(int workers, ControllerKind kind) {
  impl_->most.Add({{"controller", NameOf(kind)}}).Set(workers);
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
