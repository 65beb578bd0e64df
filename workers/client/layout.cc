#include "workers/client/layout.h"

#include <algorithm>

namespace dst_load::workers {

std::vector<ShardPlan> LayOut(const ClientOptions& options) {
  const std::uint64_t total = options.StreamCount();
  const std::uint64_t connections = (total + options.streams_per_connection - 1) / options.streams_per_connection;
  std::vector<ShardPlan> shards(std::min<std::uint64_t>(options.threads, connections));
  for (std::uint64_t c = 0; c < connections; ++c) ++shards[c % shards.size()].connections;
  for (std::uint64_t i = 0; i < total; ++i) {
    const std::uint64_t round = i / options.services.size();
    const std::uint64_t connection = i / options.streams_per_connection;
    shards[connection % shards.size()].streams.push_back({
        .service = static_cast<std::uint32_t>(i % options.services.size()),
        .connection = static_cast<std::uint32_t>(connection / shards.size()),
        .context = static_cast<std::uint32_t>(round % options.context_tokens.size()),
        .place = {i, total},
    });
  }
  return shards;
}

}  // namespace dst_load::workers
