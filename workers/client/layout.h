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
  Lifecycle::Place place;
};

/// What one thread is to drive.
struct ShardPlan {
  std::uint32_t connections = 0;
  std::vector<StreamPlan> streams;
};

/// Deals the streams out: a round of one stream a service after another, so that a ramp-up loads all services alike;
/// connections are filled in that order and dealt to the threads. There are never more shards than connections. Pure.
std::vector<ShardPlan> LayOut(const ClientOptions& options);

}  // namespace dst_load::workers
