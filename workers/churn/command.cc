#include "workers/command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/http_server.h"
#include "base/log.h"
#include "base/random.h"
#include "kube/config.h"
#include "workers/churn/churn_worker.h"
#include "workers/churn/embedded.h"
#include "workers/churn/metrics_page.h"
#include "workers/churn/options.h"
#include "workers/churn/run_report.h"
#include "workers/cli.h"
#include "workers/output_file.h"
#include "workers/run_signal.h"

namespace dst_load::workers {
namespace {

using namespace churn;
using namespace std::chrono_literals;

constexpr Micros kRequestTimeout = 5s;

/// Adds the flags of one group of the help.
class Group {
 public:
  Group(CLI::App& app, std::string name) : app_(app), name_(std::move(name)) {}

  CLI::Option* Add(const char* flag, ChurnFlags::Text& value, const char* type, const char* help) {
    return app_.add_option(flag, value, help)->type_name(type)->group(name_);
  }

 private:
  CLI::App& app_;
  const std::string name_;
};

void AddWorkloadFlags(CLI::App& app, ChurnFlags& flags) {
  Group group(app, "Options");
  group.Add("-n,--namespace", flags.ns, "NAME", "Namespace of the Services and Deployments (destination-test)")
      ->envname("NAMESPACE");
  group.Add("--services", flags.services, "N", "How many Services (10)");
  group.Add("--name-prefix", flags.name_prefix, "NAME", "Objects are called NAME-1 to NAME-N (test-service)");
  group.Add("--test-name", flags.test_name, "NAME", "Value of label dst-load.dev/test on them (the namespace)");
  group.Add("--owner", flags.owner, "NAME/UID", "The LoadTest that owns them (none)");
  group.Add("--cleanup", flags.cleanup, "WHEN", "Delete them at the end: Always, OnSuccess or Never (Always)");
  group.Add("--kubeconfig", flags.kubeconfig, "PATH", "($KUBECONFIG, else in-cluster, else ~/.kube/config)");
  group.Add("--context", flags.context, "NAME", "Context of the kubeconfig (its current one)");
  group.Add("--metrics-port", flags.metrics_port, "PORT", "Of /metrics, /healthz and /readyz; 0: a free one (9090)")
      ->envname("METRICS_PORT");
}

void AddPatternFlags(CLI::App& app, ChurnFlags& flags) {
  Group group(app, "Pattern");
  group.Add("--pattern", flags.pattern, "NAME", "stable or oscillate (stable)");
  group.Add("--endpoints-per-service", flags.endpoints_per_service, "N", "stable: endpoints of each Service (100)");
  group.Add("--min-endpoints", flags.min_endpoints, "N", "oscillate: endpoints of each Service at its least (10)");
  group.Add("--max-endpoints", flags.max_endpoints, "N", "oscillate: endpoints of each Service at its most (200)");
  group.Add("--min-hold", flags.min_hold, "DURATION", "oscillate: how long to stay at the least (2m)");
  group.Add("--max-hold", flags.max_hold, "DURATION", "oscillate: how long to stay at the most (5m)");
  group.Add("--jitter", flags.jitter, "DURATION",
            "oscillate: each Service scales 0 to this later (5s, or the shorter hold)");
  group.Add("--cycles", flags.cycles, "N", "oscillate: end after this many complete cycles (until stopped)");
  group.Add("--duration", flags.duration, "DURATION", "End after this long (until stopped)");
  group.Add("--seed", flags.seed, "N", "Of the jitter: the same seed, the same schedule (random, and reported)");
}

void AddDestination(CLI::App& app, ChurnFlags& flags) {
  Group group(app, "Destination");
  group.Add("--destination-metrics-url", flags.destination_metrics_url, "URL",
            "The destination service's metrics page, http:// only, to read through the run (none)");
  group.Add("--destination-metrics-interval", flags.destination_metrics_interval, "DURATION",
            "How often to read it (5s)");
}

void AddCoordination(CLI::App& app, ChurnFlags& flags) {
  Group group(app, "Coordination");
  group.Add("--coordinator", flags.coordinator, "HOST:PORT", "The coordinator to attach to; none: work alone");
  group.Add("--coordinator-dir", flags.coordinator_dir, "PATH",
            "Folder that holds, or gets, the coordinator's ca.crt and the token");
  group.Add("--run-id", flags.run_id, "ID", "The run to take part in")->envname("RUN_ID");
  group.Add("--pod-name", flags.pod_name, "NAME", "Of this Pod, for people")->envname("POD_NAME");
  group.Add("--coordinator-listen", flags.coordinator_listen, "[HOST]:PORT",
            "Be the coordinator, for runs without an operator");
  group.Add("--clients", flags.clients, "N", "With --coordinator-listen: client workers to wait for");
  group.Add("--streams", flags.streams, "N", "With --coordinator-listen: streams to wait for, of all clients together");
  group.Add("--report-dir", flags.report_dir, "DIR",
            "With --coordinator-listen: where to write report.json, junit.xml and report.html at the end");
  group.Add("--calibration-file", flags.calibration_file, "PATH",
            "With --report-dir: what `calibrate --json` printed, for the report");
}

int Failed(const Error& error) {
  log::Err("churn failed", {{"error", error.message}});
  return kExitFailed;
}

Result<std::unique_ptr<kube::Client>> Connect(const ChurnOptions& options, const Clock& clock) {
  auto config = kube::LoadConfig({options.kubeconfig, options.context}, clock);
  if (!config) return Fail(config.error());
  kube::ClientOptions client;
  client.qps = 0;       // the schedule is the limit
  client.attempts = 1;  // retries are ours: they end with the run
  client.timeout = kRequestTimeout;
  client.user_agent = "dst-load-churn";
  return kube::Client::Create(std::move(*config), client, clock);
}

Result<std::optional<coordination::SessionOptions>> SessionOf(const ChurnOptions& options,
                                                              const EmbeddedCoordinator* embedded) {
  coordination::SessionOptions session;
  if (embedded != nullptr) {
    session = embedded->Session();
  } else if (options.attach) {
    auto credentials = coordination::ReadCredentials(options.attach->dir);
    if (!credentials) return Fail(credentials.error());
    session.address = options.attach->address;
    session.run_id = options.attach->run_id;
    session.credentials = std::move(*credentials);
  } else {
    return std::optional<coordination::SessionOptions>{};
  }
  session.pod = options.pod_name;
  session.instance = (options.pod_name.empty() ? "churn" : options.pod_name) + "-" + RandomHex(4);
  return session;
}

Status Serve(HttpServer& server, const ChurnOptions& options, const ChurnWorker& worker) {
  server.Page("/metrics", [&] { return HttpPage{200, RenderMetrics(options, worker.View()), kPrometheusText}; });
  server.Page("/healthz", [] { return HttpPage{200, "ok\n"}; });
  server.Page("/readyz", [&] {
    return worker.View().ready ? HttpPage{200, "ok\n"} : HttpPage{503, "the workload is not there yet\n"};
  });
  if (auto status = server.Start(options.metrics_port); !status) return status;
  log::Info("serving metrics", {{"port", std::to_string(server.Port())}});
  return {};
}

/// The exit code with the report written, or the reason why it was not.
int Report(const ChurnOptions& options, const RunEnds& ends, const coordination::RunView& run, int exit_code) {
  const std::string& dir = options.listen->report_dir;
  const auto report = MakeRunReport(options, ends, run);
  if (auto written = WriteRunReport(dir, report); !written) return Failed(written.error());
  log::Info("wrote the report", {{"dir", dir}, {"verdict", std::string(measure::OutcomeName(report.verdict.outcome))}});
  return exit_code;
}

int RunChurn(const ChurnFlags& flags) {
  auto options = ParseChurnOptions(flags);
  if (!options) return UsageError(options.error());
  if (!options->seeded) options->plan.seed = RandomSeed();
  const RunSignal signal;
  const Clock& clock = SystemClock();
  const WallTime began = clock.Wall();
  const bool reports = options->listen && !options->listen->report_dir.empty();
  // Now rather than after hours of load.
  if (reports) {
    if (auto made = MakeOutputDir(options->listen->report_dir); !made) return Failed(made.error());
  }
  Result<std::string> calibration;
  if (reports && !options->listen->calibration_file.empty()) {
    calibration = ReadCalibration(options->listen->calibration_file);
    if (!calibration) return UsageError(calibration.error());
  }

  auto client = Connect(*options, clock);
  if (!client) return Failed(client.error());
  std::unique_ptr<EmbeddedCoordinator> embedded;
  if (options->listen) {
    auto started = EmbeddedCoordinator::Start(*options->listen, clock);
    if (!started) return Failed(started.error());
    embedded = std::move(*started);
  }
  auto session = SessionOf(*options, embedded.get());
  if (!session) return Failed(session.error());

  Outcome outcome;
  {
    ChurnWorker worker(*options, **client, clock, *session);
    HttpServer server;
    if (auto status = Serve(server, *options, worker); !status) return Failed(status.error());
    outcome = worker.Run(signal.Token());
  }
  std::optional<coordination::RunView> run;
  if (embedded) run = embedded->Finish(signal.Token().stop_requested() ? Micros{0} : Micros{5s});
  std::printf("%s\n", RenderResult(*options, outcome, run).c_str());
  std::fflush(stdout);
  if (!reports) return outcome.exit_code;
  return Report(*options,
                {embedded->Session().run_id, began, clock.Wall(), DST_LOAD_VERSION, ThisMachine(), *calibration}, *run,
                outcome.exit_code);
}

}  // namespace

std::function<int()> AddChurnCommand(CLI::App& app) {
  CLI::App* command = app.add_subcommand("churn", "Makes the endpoints of Services change, on a schedule");
  // Shared with the function that runs it: options write into it while parsing.
  const auto flags = std::make_shared<ChurnFlags>();
  AddWorkloadFlags(*command, *flags);
  AddPatternFlags(*command, *flags);
  AddDestination(*command, *flags);
  AddCoordination(*command, *flags);
  return [flags] { return RunChurn(*flags); };
}

}  // namespace dst_load::workers
