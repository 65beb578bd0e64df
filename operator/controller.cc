#include "operator/controller.h"

#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/log_scope.h"
#include "base/random.h"
#include "kube/event_recorder.h"
#include "kube/informer.h"
#include "kube/wait.h"
#include "kube/work_queue.h"
#include "operator/apply.h"
#include "operator/authority.h"
#include "operator/load_test_watch.h"
#include "operator/observe.h"
#include "operator/reconcile.h"
#include "operator/views.h"

namespace dst_load::op {
namespace {

/// How long to wait for the watch to bring our own write, before looking again at what may be an old view.
constexpr Micros kStaleWait = std::chrono::milliseconds{200};
/// Workers report often: their news is gathered for a moment.
constexpr Micros kRunNews = std::chrono::milliseconds{250};
constexpr kube::Backoff kBackoff{std::chrono::milliseconds{20}, std::chrono::seconds{30}};

/// "HOST" of "HOST:PORT"; IPv6 without its brackets.
std::string HostOf(const std::string& address) {
  std::string host = address.substr(0, address.rfind(':'));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return host;
}

kube::WatcherOptions Watching(const ControllerOptions& options, std::string_view selector) {
  kube::WatcherOptions out;
  out.ns = options.watch_namespace;
  out.label_selector = selector;
  return out;
}

class Running final : public Controller {
 public:
  Running(kube::Client& client, LoadTestWatch& tests, ControllerOptions options, kube::EventRecorder* recorder,
          OperatorMetrics& metrics, const Clock& clock)
      : client_(client),
        tests_(tests),
        options_(std::move(options)),
        recorder_(recorder),
        metrics_(metrics),
        clock_(clock),
        queue_(clock, kBackoff) {}

  ~Running() override {
    metrics_.SetLive({});
    for (auto& worker : workers_) worker.request_stop();
    workers_.clear();
  }

  Status Begin() {
    auto authority = EnsureAuthority(client_, options_.own_namespace, clock_);
    if (!authority) return Fail(authority.error());
    if (auto ok = Listen(*authority); !ok) return ok;
    Watch();
    observer_.emplace(client_, pods_->Store(), deployments_->Store(), *server_, clock_);
    applier_.emplace(client_, *server_, memories_, options_.children, authority->cert_pem, Sink(), clock_,
                     options_.calibration);
    metrics_.SetLive([this] { return Figures(); });
    metrics_.MaxWorkers(options_.workers);
    for (int i = 0; i < options_.workers; ++i) {
      workers_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
    }
    return {};
  }

  std::uint16_t CoordinatorPort() const override { return server_->Port(); }
  bool Synced() const override { return tests_.Synced() && pods_->Synced() && deployments_->Synced(); }

 private:
  Status Listen(const coordination::Authority& authority) {
    auto identity = coordination::IssueIdentity(authority, {HostOf(options_.children.coordinator_address)}, clock_);
    if (!identity) return Fail(identity.error());
    coordination::ServerOptions listening;
    listening.bind = options_.coordinator_bind;
    listening.port = options_.coordinator_port;
    listening.identity = std::move(*identity);
    auto server = coordination::Server::Create(std::move(listening), clock_, [this](const std::string& run_id) {
      if (const auto key = memories_.KeyOfRun(run_id)) queue_.AddAfter(*key, kRunNews);
    });
    if (!server) return Fail(server.error());
    server_ = std::move(*server);
    return {};
  }

  void Watch() {
    listening_.emplace(tests_, [this](const auto& change) { queue_.Add(change.key); });
    pods_.emplace(client_, kube::kPods, Watching(options_, kChildSelector), clock_, ParsePod,
                  [this](const auto& change) { AddTestOf(change); });
    deployments_.emplace(client_, kube::kDeployments, Watching(options_, kChildSelector), clock_, ParseDeployment,
                         [this](const auto& change) { AddTestOf(change); });
  }

  /// Of a child's change: what it belongs to is to be looked at.
  template <class Change>
  void AddTestOf(const Change& change) {
    const auto& view = change.current ? change.current : change.previous;
    if (view && !view->test.empty()) queue_.Add({view->meta.ns, view->test});
  }

  EventSink Sink() {
    EventSink sink;
    sink.on_verdict = [this](const std::string& verdict) { metrics_.Verdict(verdict); };
    if (recorder_ == nullptr) return sink;
    sink.emit = [this](const LoadTest& test, const action::EmitEvent& event) {
      const kube::ObjectReference about{kLoadTests.ApiVersion(), std::string(kLoadTests.kind), test.meta.ns,
                                        test.meta.name, test.meta.uid};
      recorder_->Record(about, event.warning ? kube::EventType::kWarning : kube::EventType::kNormal, event.reason,
                        "Reconcile", event.message);
    };
    return sink;
  }

  LiveFigures Figures() const {
    LiveFigures live;
    live.queue = queue_.Snapshot();
    live.coordinator = server_->Stats();
    for (const auto& [key, seen] : tests_.Store().All()) ++live.tests[seen->test.status.phase];
    return live;
  }

  void Work(const std::stop_token& stop) {
    while (!Synced()) {
      if (!kube::WaitFor(stop, std::chrono::milliseconds{20})) return;
    }
    while (const auto key = queue_.Pop(stop)) {
      metrics_.WorkerActive(true);
      const MonoTime started = clock_.Mono();
      const std::string_view result = Process(*key);
      metrics_.Reconciled(result, clock_.Mono() - started);
      metrics_.WorkerActive(false);
      queue_.Done(*key);
    }
  }

  /// One pass for one LoadTest; the result as the metric names it.
  std::string_view Process(const kube::ObjectKey& key) {
    const auto watched = tests_.Store().Get(key);
    Memory& memory = memories_.Of(key);
    const log::Scope about{{"controller", "loadtest"},
                           {"namespace", key.ns},
                           {"name", key.name},
                           {"runID", watched ? watched->test.status.run_id : memory.run_id},
                           {"reconcileID", RandomHex(8)}};
    if (!watched) {
      if (!memory.run_id.empty()) server_->RemoveRun(memory.run_id);
      memories_.Forget(key);
      queue_.Forget(key);
      return "success";
    }
    const LoadTest& test = watched->test;
    if (!memory.written_over.empty() && memory.written_over == test.meta.resource_version) {
      queue_.AddAfter(key, kStaleWait);
      return "requeue_after";
    }
    // Another LoadTest of the same name took the place of the one whose run this was.
    if (!memory.run_id.empty() && memory.run_id != test.status.run_id) server_->RemoveRun(memory.run_id);
    auto seen = observer_->Look(test, memory);
    if (!seen) return Failed(key, memory, seen.error());
    const Plan plan = Reconcile(*seen, clock_.Wall());
    const auto outcome = applier_->Apply(plan, *seen, memory);
    if (plan.requeue) queue_.AddAfter(key, *plan.requeue);
    if (outcome.error) return Failed(key, memory, *outcome.error);
    memory.told_error.clear();
    queue_.Forget(key);
    if (outcome.requeue) queue_.AddAfter(key, *outcome.requeue);
    if (outcome.conflict) queue_.AddAfter(key, kStaleWait);
    return plan.requeue || outcome.requeue || outcome.conflict ? "requeue_after" : "success";
  }

  std::string_view Failed(const kube::ObjectKey& key, Memory& memory, const Error& error) {
    if (IsCancelled(error)) return "requeue";
    // The same failure again and again is told once; a conflict is how a stale view ends.
    const bool old_news = memory.told_error == error.message || IsConflict(error) || IsAlreadyExists(error);
    log::Write(old_news ? log::Level::kDebug : log::Level::kWarn, "reconcile failed, trying again",
               {{"error", error.message}});
    memory.told_error = error.message;
    queue_.AddRateLimited(key);
    return "error";
  }

  kube::Client& client_;
  LoadTestWatch& tests_;
  const ControllerOptions options_;
  kube::EventRecorder* const recorder_;
  OperatorMetrics& metrics_;
  const Clock& clock_;
  kube::WorkQueue queue_;
  Memories memories_;
  std::unique_ptr<coordination::Server> server_;
  std::optional<LoadTestWatch::Listening> listening_;
  std::optional<kube::Informer<PodView>> pods_;
  std::optional<kube::Informer<DeploymentView>> deployments_;
  std::optional<Observer> observer_;
  std::optional<Applier> applier_;
  std::vector<std::jthread> workers_;  ///< last: they use all of the above
};

}  // namespace

Result<std::unique_ptr<Controller>> Controller::Start(kube::Client& client, LoadTestWatch& tests,
                                                      ControllerOptions options, kube::EventRecorder* recorder,
                                                      OperatorMetrics& metrics, const Clock& clock) {
  auto running = std::make_unique<Running>(client, tests, std::move(options), recorder, metrics, clock);
  if (auto ok = running->Begin(); !ok) return Fail(ok.error());
  return running;
}

}  // namespace dst_load::op
