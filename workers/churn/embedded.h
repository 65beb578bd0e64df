#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/time.h"
#include "coordination/server.h"
#include "coordination/worker_session.h"
#include "workers/churn/options.h"

namespace dst_load::workers::churn {

/// A coordinator of one run inside the churn worker, for runs without an operator. It makes a CA, an identity and a
/// token of its own, and leaves what clients need in the folder of --coordinator-dir. It judges nothing: when every
/// client has reported, it keeps what it merged and releases the workers.
///
/// Thread-safe. `clock` must outlive it. Destroying it ends every session.
class EmbeddedCoordinator {
 public:
  /// Errors: what the server and the folder say.
  static Result<std::unique_ptr<EmbeddedCoordinator>> Start(const ListenOptions& options, const Clock& clock);
  ~EmbeddedCoordinator();

  /// How the churn worker next to it attaches.
  coordination::SessionOptions Session() const;
  /// Once the run is over: gives clients up to `timeout` to hear of it, and returns what was merged of all workers.
  coordination::RunView Finish(Micros timeout);

 private:
  EmbeddedCoordinator(std::string host, std::string run_id, coordination::Credentials credentials, const Clock& clock);
  void Conclude(const std::stop_token& stop);

  const std::string host_;
  const std::string run_id_;
  const coordination::Credentials credentials_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t changes_ = 0;
  std::optional<coordination::RunView> concluded_;
  std::unique_ptr<coordination::Server> server_;
  std::jthread thread_;
};

}  // namespace dst_load::workers::churn
