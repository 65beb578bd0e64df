#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <thread>

#include "base/http_server.h"
#include "base/log.h"
#include "workers/client/client_worker.h"
#include "workers/client/metrics.h"
#include "workers/client/options.h"
#include "workers/client/results.h"
#include "workers/command.h"
#include "workers/run_signal.h"

namespace dst_load::workers {
namespace {

// Pages refer to `worker` and `services`, which must outlive the server.
void AddPages(HttpServer& http, const ClientWorker& worker, const std::vector<std::string>& services) {
  http.Page("/metrics", [&] { return HttpPage{200, RenderMetrics(*worker.Latest(), services), kPrometheusText}; });
  http.Page("/healthz", [] { return HttpPage{200, "ok\n"}; });
  http.Page("/readyz", [&] {
    const auto view = worker.Latest();
    if (view->snapshot.streams_created > 0) return HttpPage{200, "ok\n"};
    return HttpPage{503, (view->trouble.empty() ? "not connected yet" : view->trouble) + "\n"};
  });
}

int Run(const ClientFlags& flags) {
  const RunSignal signal;
  auto options = CheckClientFlags(flags, std::thread::hardware_concurrency());
  if (!options) return UsageError(options.error());
  const auto services = options->services;
  const auto metrics_port = options->metrics_port;
  auto worker = ClientWorker::Create(std::move(*options), SystemClock());
  if (!worker) return UsageError(worker.error());

  HttpServer http;
  AddPages(http, **worker, services);
  if (auto ok = http.Start(metrics_port); !ok) {
    log::Err("cannot serve metrics", {{"cause", ok.error().message}});
    return kExitFailed;
  }
  log::Info("client started", {{"metrics_port", std::to_string(http.Port())}, {"destination", flags.destination}});
  (*worker)->Run(signal.Token());
  std::puts(RenderResults(*(*worker)->Latest(), services).c_str());
  std::fflush(stdout);
  return kExitDone;
}

}  // namespace

std::function<int()> AddClientCommand(CLI::App& app) {
  auto flags = std::make_shared<ClientFlags>();
  auto* command = app.add_subcommand("client", "Hold Get streams to a destination service and measure what they learn");
  AddClientFlags(*command, *flags);
  return [flags] { return Run(*flags); };
}

}  // namespace dst_load::workers
