#pragma once

#include <cstdint>
#include <vector>

#include "workers/client/lifecycle.h"
#include "workers/client/options.h"

namespace dst_load::workers {

/// One stream's place in the world.
struct StreamPlan {
  std::uint32_t service;     ///< index into options.services
  std::uint32_t connection;  ///< of its shard
  std::uint32_t context;     ///< index into options.context_tokens
  bool slow;                 ///< reads slowly on purpose
  Lifecycle::Place place;
};

/// What one thread is to drive.
struct ShardPlan {
  std::uint32_t connections = 0;
  std::uint32_t slow_connections = 0;  ///< of these, the last ones: for slow readers
  std::vector<StreamPlan> streams;
};

/// Deals the streams out: a round of one stream a service after another, so that a ramp-up loads all services alike;
/// connections are filled in that order and dealt to the threads. There are never more shards than connections.
///
/// Slow readers are all at the first half of the services, and each of these keeps a stream that is none: what slow
/// readers do to the streams beside them shows against the other half. They have connections of their own, so that no
/// stream waits for another one's window at our end. Pure.
std::vector<ShardPlan> LayOut(const ClientOptions& options);

}  // namespace dst_load::workers
