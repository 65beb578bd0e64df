#pragma once

#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/time.h"
#include "workers/client/options.h"
#include "workers/client/shard.h"

namespace dst_load::workers {

/// The client: its engine, its session with the coordinator, and what passes between them.
///
/// Run blocks; Latest may be called from other threads meanwhile.
class ClientWorker {
 public:
  /// Errors: kInvalid naming the file, for unreadable credentials.
  static Result<std::unique_ptr<ClientWorker>> Create(ClientOptions options, const Clock& clock);
  ~ClientWorker();
  ClientWorker(const ClientWorker&) = delete;
  ClientWorker& operator=(const ClientWorker&) = delete;

  /// Opens the streams and works until `stop` is asked or --duration is over. A coordinator's release closes the
  /// streams but does not end it: whoever supervises the process would only start it anew. Then reports once more,
  /// waits for the coordinator to take that, unless it was released, and returns.
  void Run(const std::stop_token& stop);

  /// What was counted as of half a second ago. Never null. The coordinator may have it later: see coordination::Outbox.
  std::shared_ptr<const ShardView> Latest() const;

 private:
  struct Impl;
  explicit ClientWorker(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace dst_load::workers
