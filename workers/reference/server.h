#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "workers/reference/topics.h"

namespace dst_load::workers::reference {

struct ServerOptions {
  std::string listen = ":8086";  ///< "[HOST]:PORT"; port 0 takes a free one
  std::string cluster_domain = "cluster.local";
  unsigned threads = 1;
};

struct ServerStats {
  std::uint64_t streams_active = 0;
  std::uint64_t streams_total = 0;
  std::uint64_t updates_sent = 0;     ///< messages handed to gRPC
  std::uint64_t updates_waiting = 0;  ///< messages behind one that its stream has not taken, or held back by a fault
  std::uint64_t overflows = 0;        ///< streams ended because they did not keep up
  std::uint64_t refused = 0;          ///< for a path that names no Service
  FaultCounts faults{};               ///< opportunities that a fault used
};

/// Serves io.linkerd.proxy.destination.Destination.Get from Topics, plaintext, on completion queues. GetProfile is not
/// served. A path that is no Service's name is answered INVALID_ARGUMENT; one of a Service that does not exist waits
/// for it.
///
/// Thread-safe. Its streams end when it goes.
class Server {
 public:
  /// `topics` must outlive it; its faults are this server's. `clock` is for delays. Errors: kUnavailable when it cannot
  /// listen.
  static Result<std::unique_ptr<Server>> Create(ServerOptions options, Topics& topics,
                                                const Clock& clock = SystemClock());
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t Port() const;
  ServerStats Stats() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace dst_load::workers::reference
