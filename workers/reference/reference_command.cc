#include <CLI/CLI.hpp>

#include <fmt/format.h>
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

using SliceInformer = kube::Informer<reference::Slice>;

struct ReferenceFlags {
  std::string listen = ":8086";
  std::uint16_t metrics_port = 9996;
  std::string ns;
  std::string kubeconfig;
  std::string context;
  std::string cluster_domain = "cluster.local";
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

int Failed(const char* what, const Error& error) {
  log::Err(what, {{"cause", error.message}});
  return kExitFailed;
}

int Run(const ReferenceFlags& flags) {
  const RunSignal signal;
  if (auto ok = CheckHostPort("--listen", flags.listen, true); !ok) return UsageError(ok.error());
  auto client = Connect(flags);
  if (!client) return Failed("cannot speak to the cluster", client.error());

  reference::Topics topics;
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
  const auto stats = (*server)->Stats();
  std::puts(fmt::format(R"({{"streams":{},"updatesSent":{},"overflows":{},"refused":{}}})", stats.streams_total,
                        stats.updates_sent, stats.overflows, stats.refused)
                .c_str());
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
  return [flags] { return Run(*flags); };
}

}  // namespace dst_load::workers
