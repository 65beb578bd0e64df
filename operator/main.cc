#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include <prometheus/registry.h>

#include "base/http_server.h"
#include "base/log.h"
#include "base/start_memory.h"
#include "coordination/prepare_grpc.h"
#include "kube/client.h"
#include "kube/config.h"
#include "kube/event_recorder.h"
#include "kube/leader.h"
#include "kube/metrics.h"
#include "kube/wait.h"
#include "operator/controller.h"
#include "operator/load_test_watch.h"
#include "operator/metrics.h"
#include "operator/options.h"
#include "operator/schedule_controller.h"
#include "operator/shutdown.h"

using namespace dst_load;
using namespace dst_load::op;

namespace {

constexpr Micros kStartRetry = std::chrono::seconds{2};
constexpr Micros kLastEvents = std::chrono::seconds{2};
constexpr const char* kZoneFolder = "/usr/share/zoneinfo";

/// The leader's controller, made and unmade by one thread of its own. Thread-safe.
class Leading {
 public:
  Leading(kube::Client& client, const ControllerOptions& options, kube::EventRecorder& recorder,
          OperatorMetrics& metrics)
      : client_(client), options_(options), recorder_(recorder), metrics_(metrics) {}

  /// Returns at once; tries until it works.
  void Start() {
    const std::lock_guard lock(mutex_);
    metrics_.Leads(true);
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }
  /// Drains the workers.
  void Stop() {
    const std::lock_guard lock(mutex_);
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    metrics_.Leads(false);
  }
  /// False while a leader is not ready to work; somebody who does not lead has nothing to be ready for.
  bool Ready() const { return ready_.load(); }

 private:
  void Run(const std::stop_token& stop) {
    ready_ = false;
    LoadTestWatch tests(client_, options_.watch_namespace, SystemClock());
    std::unique_ptr<Controller> controller;
    while (!controller) {
      auto started = Controller::Start(client_, tests, options_, &recorder_, metrics_, SystemClock());
      if (started) {
        controller = std::move(*started);
      } else {
        log::Err("controller did not start, trying again", {{"error", started.error().message}});
        if (!kube::WaitFor(stop, kStartRetry)) return;
      }
    }
    const auto schedules = ScheduleController::Start(client_, tests, {options_.watch_namespace, kZoneFolder},
                                                     &recorder_, metrics_, SystemClock());
    log::Info("leading", {{"coordinatorPort", std::to_string(controller->CoordinatorPort())}});
    while (!controller->Synced()) {
      if (!kube::WaitFor(stop, std::chrono::milliseconds{50})) return;
    }
    ready_ = true;
    ReturnStartMemory();
    kube::WaitFor(stop, std::chrono::hours{24 * 365 * 100});
  }

  kube::Client& client_;
  const ControllerOptions options_;
  kube::EventRecorder& recorder_;
  OperatorMetrics& metrics_;
  std::atomic<bool> ready_{true};
  std::mutex mutex_;
  std::jthread thread_;
};

Result<std::unique_ptr<kube::Client>> MakeClient(const OperatorOptions& options, kube::ClientOptions client,
                                                 kube::ClientMetrics& metrics) {
  auto config = kube::LoadConfig({options.kubeconfig, options.context}, SystemClock());
  if (!config) return Fail(config.error());
  client.user_agent = "dst-load-operator/" DST_LOAD_VERSION;
  return kube::Client::Create(std::move(*config), std::move(client), SystemClock(), &metrics);
}

Status ServePages(HttpServer& probes, HttpServer& figures, const OperatorOptions& options, const Leading& leading,
                  const OperatorMetrics& metrics) {
  probes.Page("/healthz", [] { return HttpPage{200, "ok\n"}; });
  probes.Page("/readyz", [&leading] {
    return leading.Ready() ? HttpPage{200, "ok\n"} : HttpPage{503, "informers are not synced\n"};
  });
  figures.Page("/metrics", [&metrics] { return HttpPage{200, metrics.Render(), kPrometheusText}; });
  if (auto ok = probes.Start(options.probe_port); !ok) return ok;
  return figures.Start(options.metrics_port);
}

/// Leads until the process is asked to stop. False when the lease was lost.
bool LeadByLease(kube::Client& client, const OperatorOptions& options, Leading& leading, Shutdown& shutdown) {
  kube::LeaderOptions lease;
  lease.ns = options.controller.own_namespace;
  lease.lease = "dst-load-operator";
  lease.identity = options.identity;
  kube::LeaderElector elector(client, lease, SystemClock());
  bool kept = true;
  std::jthread holder([&](const std::stop_token& stop) {
    kept = elector.Run(stop, [&] { leading.Start(); });
    if (!kept) shutdown.Request();
  });
  shutdown.Wait();
  // The lease goes last: nobody else may begin before this one has ended.
  leading.Stop();
  holder.request_stop();
  holder.join();
  return kept;
}

int Run(const OperatorOptions& options) {
  Shutdown shutdown;
  prometheus::Registry registry;
  OperatorMetrics metrics(registry);
  kube::ClientMetrics client_metrics(registry);
  kube::ClientOptions working;
  working.stop = shutdown.Token();
  auto client = MakeClient(options, working, client_metrics);
  kube::ClientOptions last_words;
  last_words.timeout = std::chrono::seconds{5};
  last_words.attempts = 1;
  auto lease_client = MakeClient(options, last_words, client_metrics);
  if (!client || !lease_client) {
    log::Err("no Kubernetes API", {{"error", !client ? client.error().message : lease_client.error().message}});
    return 1;
  }
  kube::EventRecorderOptions events;
  events.controller = "dst-load.dev/operator";
  events.instance = options.identity;
  kube::EventRecorder recorder(**lease_client, events, SystemClock());
  Leading leading(**client, options.controller, recorder, metrics);
  HttpServer probes;
  HttpServer figures;
  if (auto ok = ServePages(probes, figures, options, leading, metrics); !ok) {
    log::Err("cannot serve", {{"error", ok.error().message}});
    return 1;
  }
  ReturnStartMemory();  // who does not lead may wait for long
  bool kept = true;
  if (options.leader_elect) {
    kept = LeadByLease(**lease_client, options, leading, shutdown);
  } else {
    leading.Start();
    shutdown.Wait();
    leading.Stop();
  }
  recorder.Drain(kLastEvents);
  if (!kept) log::Err("lost the lease");
  return kept ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  coordination::PrepareGrpc(SystemClock());
  ReturnWhatIsLarge();  // the reports of hundreds of clients come and go
  const ParsedCommand command = ParseCommandLine(argc, argv);
  if (!command.run) return command.exit_status;
  return Run(command.options);
}
