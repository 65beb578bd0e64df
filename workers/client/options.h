#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "workers/cli.h"

namespace CLI {
class App;
}

namespace dst_load::workers {

/// The client's command line as given.
struct ClientFlags {
  std::string destination = "linkerd-destination.linkerd.svc.cluster.local:8086";
  std::vector<std::string> services{"test-service-{1..10}.destination-test.svc.cluster.local:8080"};
  std::uint32_t streams_per_service = 10;
  std::uint32_t streams_per_connection = 100;
  Micros ramp_up{0};
  std::optional<Micros> stream_max_lifetime;
  std::optional<Micros> stream_reset_interval;
  std::optional<Micros> duration;
  std::uint32_t slow_readers_percent = 0;
  Micros slow_read_delay = std::chrono::seconds{1};
  std::uint32_t context_nodes = 0;
  std::uint32_t threads = 0;
  Micros convergence_deadline = std::chrono::seconds{60};
  std::uint16_t metrics_port = 9091;
  std::string pod_namespace = "default";  ///< $POD_NAMESPACE
  std::string node_name;                  ///< $NODE_NAME
  CoordinationFlags coordination;
};
void AddClientFlags(CLI::App& app, ClientFlags& flags);

/// What the client is to do, checked and complete.
struct ClientOptions {
  std::string destination;
  std::vector<std::string> services;  ///< expanded; the order is the service index of the truth
  std::uint32_t streams_per_service = 0;
  std::uint32_t streams_per_connection = 0;
  Micros ramp_up{0};
  std::optional<Micros> stream_max_lifetime;
  std::optional<Micros> stream_reset_interval;
  std::optional<Micros> duration;
  std::uint32_t slow_readers_percent = 0;
  Micros slow_read_delay{0};
  std::vector<std::string> context_tokens;  ///< at least one; streams take turns
  std::uint32_t threads = 1;
  Micros convergence_deadline{0};
  std::uint16_t metrics_port = 0;
  CoordinationFlags coordination;
  std::optional<Micros> farewell_patience;  ///< none: FarewellPatience; no flag sets it

  std::uint64_t StreamCount() const { return std::uint64_t{streams_per_service} * services.size(); }
};

/// `cores`: of the machine. Pure. Errors: kInvalid naming the flag.
Result<ClientOptions> CheckClientFlags(const ClientFlags& flags, unsigned cores);

}  // namespace dst_load::workers
