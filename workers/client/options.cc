#include "workers/client/options.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/log.h"

namespace dst_load::workers {
namespace {

constexpr std::uint64_t kMostStreams = 1'000'000;

// What a proxy tells of itself. Without a node name Linkerd's controller logs an error a stream, so the Pod's own is
// sent when it is known.
std::vector<std::string> ContextTokens(const ClientFlags& flags) {
  const std::string pod = flags.coordination.pod.empty() ? "dst-load-client" : flags.coordination.pod;
  const auto token = [&](const std::string& node) {
    const auto node_field = node.empty() ? "" : fmt::format(R"(,"nodeName":"{}")", log::EscapeJson(node));
    return fmt::format(R"({{"ns":"{}"{},"pod":"{}"}})", log::EscapeJson(flags.pod_namespace), node_field,
                       log::EscapeJson(pod));
  };
  if (flags.context_nodes == 0) return {token(flags.node_name)};
  std::vector<std::string> tokens;
  for (std::uint32_t i = 1; i <= flags.context_nodes; ++i) tokens.push_back(token(fmt::format("dst-load-node-{}", i)));
  return tokens;
}

Status CheckServices(const std::vector<std::string>& services) {
  if (services.empty()) return Fail(Code::kInvalid, "--services: names no service");
  std::set<std::string_view> seen;
  for (const auto& service : services) {
    if (auto ok = CheckHostPort("--services", service); !ok) return ok;
    if (!seen.insert(service).second) return Fail(Code::kInvalid, fmt::format("--services: \"{}\" twice", service));
  }
  return {};
}

Status CheckRanges(const ClientFlags& flags) {
  if (flags.streams_per_service == 0) return Fail(Code::kInvalid, "--streams-per-service: must be at least 1");
  if (flags.streams_per_connection == 0) return Fail(Code::kInvalid, "--streams-per-connection: must be at least 1");
  if (flags.slow_readers_percent > 50) return Fail(Code::kInvalid, "--slow-readers-percent: must be at most 50");
  if (flags.slow_readers_percent > 0 && flags.streams_per_service < 2) {
    return Fail(Code::kInvalid, "--slow-readers-percent: needs --streams-per-service=2 or more, to compare with");
  }
  if (flags.threads > 256) return Fail(Code::kInvalid, "--threads: must be at most 256");
  if (flags.context_nodes > 100'000) return Fail(Code::kInvalid, "--context-nodes: must be at most 100000");
  const auto positive = [](const char* flag, std::optional<Micros> span) -> Status {
    if (span && *span <= Micros{0}) return Fail(Code::kInvalid, fmt::format("{}: must be longer than 0", flag));
    return {};
  };
  if (auto ok = positive("--stream-max-lifetime", flags.stream_max_lifetime); !ok) return ok;
  if (auto ok = positive("--stream-reset-interval", flags.stream_reset_interval); !ok) return ok;
  if (auto ok = positive("--slow-read-delay", flags.slow_read_delay); !ok) return ok;
  if (auto ok = positive("--duration", flags.duration); !ok) return ok;
  return positive("--convergence-deadline", flags.convergence_deadline);
}

}  // namespace

void AddClientFlags(CLI::App& app, ClientFlags& flags) {
  app.add_option("--destination,--destination-addr", flags.destination,
                 "The destination service, HOST:PORT (plaintext)")
      ->envname("DESTINATION_ADDR")
      ->capture_default_str();
  app.add_option("--services", flags.services,
                 "Services to watch, NAME.NAMESPACE.svc.DOMAIN:PORT; repeats, comma lists, brace expansion")
      ->allow_extra_args(false)
      ->capture_default_str();
  app.add_option("--streams-per-service", flags.streams_per_service, "Concurrent Get streams a service")
      ->capture_default_str();
  app.add_option("--streams-per-connection", flags.streams_per_connection, "Most streams that share a connection")
      ->capture_default_str();
  AddDuration(app, "--ramp-up", flags.ramp_up, "Time over which the streams are opened, evenly");
  AddDuration(app, "--stream-max-lifetime", flags.stream_max_lifetime,
              "Longest life of a stream: it is then closed and opened again (none: for ever)");
  AddDuration(app, "--stream-reset-interval", flags.stream_reset_interval,
              "Time after which all streams are closed and opened again, repeatedly (none: never)");
  AddDuration(app, "--duration", flags.duration, "Stop after this long (none: when told to)");
  app.add_option("--slow-readers-percent", flags.slow_readers_percent,
                 "Share of the streams, at the first half of the services, that read slowly on purpose (0-50)")
      ->capture_default_str();
  AddDuration(app, "--slow-read-delay", flags.slow_read_delay, "What a slow reader waits before each read");
  app.add_option("--context-nodes", flags.context_nodes,
                 "Distinct nodeName values in the context tokens (0: none but $NODE_NAME)")
      ->capture_default_str();
  app.add_option("--threads", flags.threads, "Threads that drive the streams (0: one a core, at most 2)")
      ->capture_default_str();
  AddDuration(app, "--convergence-deadline", flags.convergence_deadline,
              "A change not seen this long after it is missing");
  app.add_option("--metrics-port", flags.metrics_port, "Port of /metrics, /healthz and /readyz (0: a free one)")
      ->envname("METRICS_PORT")
      ->capture_default_str();
  app.add_option("--pod-namespace", flags.pod_namespace, "Namespace to name in the context tokens")
      ->envname("POD_NAMESPACE")
      ->capture_default_str();
  app.add_option("--node-name", flags.node_name, "Node to name in the context tokens when --context-nodes=0")
      ->envname("NODE_NAME");
  AddCoordinationFlags(app, flags.coordination);
}

Result<ClientOptions> CheckClientFlags(const ClientFlags& flags, unsigned cores) {
  if (auto ok = CheckHostPort("--destination", flags.destination); !ok) return Fail(ok.error());
  auto services = ExpandList("--services", flags.services);
  if (!services) return Fail(services.error());
  if (auto ok = CheckServices(*services); !ok) return Fail(ok.error());
  if (auto ok = CheckRanges(flags); !ok) return Fail(ok.error());
  if (auto ok = CheckCoordinationFlags(flags.coordination); !ok) return Fail(ok.error());

  ClientOptions options;
  options.destination = flags.destination;
  options.services = std::move(*services);
  options.streams_per_service = flags.streams_per_service;
  options.streams_per_connection = flags.streams_per_connection;
  options.ramp_up = flags.ramp_up;
  options.stream_max_lifetime = flags.stream_max_lifetime;
  options.stream_reset_interval = flags.stream_reset_interval;
  options.duration = flags.duration;
  options.slow_readers_percent = flags.slow_readers_percent;
  options.slow_read_delay = flags.slow_read_delay;
  options.context_tokens = ContextTokens(flags);
  options.threads = flags.threads != 0 ? flags.threads : std::clamp(cores, 1U, 2U);
  options.convergence_deadline = flags.convergence_deadline;
  options.metrics_port = flags.metrics_port;
  options.coordination = flags.coordination;
  if (options.StreamCount() > kMostStreams) {
    return Fail(Code::kInvalid,
                fmt::format("--streams-per-service: {} streams are more than {}", options.StreamCount(), kMostStreams));
  }
  return options;
}

}  // namespace dst_load::workers
