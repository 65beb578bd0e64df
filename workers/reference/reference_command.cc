#include <CLI/CLI.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>

#include "base/http_server.h"
#include "base/log.h"
#include "kube/client.h"
#include "kube/config.h"
#include "kube/informer.h"
#include "workers/cli.h"
#include "workers/command.h"
#include "workers/reference/metrics.h"
#include "workers/reference/server.h"
#include "workers/reference/topics.h"
#include "workers/run_signal.h"

namespace dst_load::workers {
namespace {

constexpr const char* kFaults = "Faults";

using SliceInformer = kube::Informer<reference::Slice>;

struct ReferenceFlags {
  std::string listen = ":8086";
  std::uint16_t metrics_port = 9996;
  std::string ns;
  std::string kubeconfig;
  std::string context;
  std::string cluster_domain = "cluster.local";
  std::vector<std::string> faults;
  std::uint64_t fault_seed = 1;
  Micros fault_delay = std::chrono::milliseconds{100};
};

Result<std::unique_ptr<kube::Client>> Connect(const ReferenceFlags& flags) {
  auto config = kube::LoadConfig({flags.kubeconfig, flags.context}, SystemClock());
  if (!config) return Fail(config.error());
  return kube::Client::Create(std::move(*config), {}, SystemClock());
}

void Take(reference::Topics& topics, const SliceInformer::Change& change) {
  if (change.current) {
    topics.Set(change.key, *change.current);
  } else {
    topics.Remove(change.key);
  }
}

void AddPages(HttpServer& http, const reference::Server& server, const SliceInformer& slices) {
  http.Page("/metrics", [&] {
    return HttpPage{200, reference::RenderMetrics(server.Stats(), reference::ReadProcessFigures()), kPrometheusText};
  });
  http.Page("/healthz", [] { return HttpPage{200, "ok\n"}; });
  http.Page("/readyz", [&] {
    return slices.Synced() ? HttpPage{200, "ok\n"} : HttpPage{503, "endpointslices are not listed yet\n"};
  });
}

void WaitFor(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, stop, [] { return false; });
}

nlohmann::json ResultsOf(const reference::ServerStats& stats) {
  auto faults = nlohmann::json::object();
  for (std::size_t i = 0; i < reference::kFaultKinds; ++i) {
    faults[std::string(reference::FaultName(static_cast<reference::FaultKind>(i)))] = stats.faults[i];
  }
  return {{"streams", stats.streams_total},
          {"updatesSent", stats.updates_sent},
          {"overflows", stats.overflows},
          {"refused", stats.refused},
          {"faults", std::move(faults)}};
}

int Failed(const char* what, const Error& error) {
  log::Err(what, {{"cause", error.message}});
  return kExitFailed;
}

int Run(const ReferenceFlags& flags) {
  const RunSignal signal;
  if (auto ok = CheckHostPort("--listen", flags.listen, true); !ok) return UsageError(ok.error());
  auto plan = reference::FaultPlan::Read(flags.faults, flags.fault_seed, flags.fault_delay);
  if (!plan) return UsageError(plan.error());
  auto client = Connect(flags);
  if (!client) return Failed("cannot speak to the cluster", client.error());

  reference::Topics topics(std::move(*plan));
  const unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1U, 2U);
  auto server = reference::Server::Create({flags.listen, flags.cluster_domain, threads}, topics);
  if (!server) return Failed("cannot serve", server.error());
  kube::WatcherOptions watch;
  watch.ns = flags.ns;
  SliceInformer slices(**client, kube::kEndpointSlices, watch, SystemClock(), reference::ReadSlice,
                       [&topics](const SliceInformer::Change& change) { Take(topics, change); });
  HttpServer http;
  AddPages(http, **server, slices);
  if (auto ok = http.Start(flags.metrics_port); !ok) return Failed("cannot serve metrics", ok.error());
  log::Info("reference destination serves", {{"listen", flags.listen}, {"metrics_port", std::to_string(http.Port())}});

  WaitFor(signal.Token());
  slices.RequestStop();
  std::puts(ResultsOf((*server)->Stats()).dump().c_str());
  std::fflush(stdout);
  return kExitDone;
}

}  // namespace

std::function<int()> AddReferenceCommand(CLI::App& app) {
  auto flags = std::make_shared<ReferenceFlags>();
  auto& command = *app.add_subcommand("reference", "Serve Destination.Get from a cluster's EndpointSlices");
  command.add_option("--listen", flags->listen, "Where to serve gRPC, [HOST]:PORT (plaintext)")->capture_default_str();
  command.add_option("--metrics-port", flags->metrics_port, "Port of /metrics, /healthz and /readyz (0: a free one)")
      ->capture_default_str();
  command.add_option("-n,--namespace", flags->ns, "Namespace to watch (none: all)");
  command.add_option("--kubeconfig", flags->kubeconfig,
                     "Kubeconfig file (none: $KUBECONFIG, in-cluster, ~/.kube/config)");
  command.add_option("--context", flags->context, "Context of the kubeconfig (none: its current one)");
  command.add_option("--cluster-domain", flags->cluster_domain, "The cluster's DNS domain")->capture_default_str();
  command
      .add_option("--fault", flags->faults,
                  "A fault to make, KIND[:PERCENT of its opportunities]; repeatable, applied in this order")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(kFaults);
  command.add_option("--fault-seed", flags->fault_seed, "Decides which opportunities faults take")
      ->capture_default_str()
      ->group(kFaults);
  AddDuration(command, "--fault-delay", flags->fault_delay, "By how much --fault=delay delays")->group(kFaults);
  return [flags] { return Run(*flags); };
}

}  // namespace dst_load::workers
