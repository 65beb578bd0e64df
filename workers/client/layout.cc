#include "workers/client/layout.h"

#include <algorithm>

namespace dst_load::workers {
namespace {

std::uint64_t ConnectionsFor(std::uint64_t streams, std::uint64_t per_connection) {
  return (streams + per_connection - 1) / per_connection;
}

// Slow readers of each of the first half of the services: the first rounds of streams there.
std::uint64_t SlowRounds(const ClientOptions& options) {
  const std::uint64_t exposed = (options.services.size() + 1) / 2;
  const std::uint64_t wanted = options.StreamCount() * options.slow_readers_percent / 100;
  return std::min<std::uint64_t>((wanted + exposed - 1) / exposed, options.streams_per_service - 1);
}

}  // namespace

std::vector<ShardPlan> LayOut(const ClientOptions& options) {
  const std::uint64_t total = options.StreamCount();
  const std::uint64_t exposed = (options.services.size() + 1) / 2;
  const std::uint64_t slow_rounds = SlowRounds(options), slow_total = slow_rounds * exposed;
  const std::uint64_t quick = ConnectionsFor(total - slow_total, options.streams_per_connection);
  const std::uint64_t connections = quick + ConnectionsFor(slow_total, options.streams_per_connection);
  std::vector<ShardPlan> shards(std::min<std::uint64_t>(options.threads, connections));
  for (std::uint64_t c = 0; c < connections; ++c) {
    ++shards[c % shards.size()].connections;
    if (c >= quick) ++shards[c % shards.size()].slow_connections;
  }
  std::uint64_t dealt[2] = {0, 0};  // quick, slow
  for (std::uint64_t i = 0; i < total; ++i) {
    const std::uint64_t round = i / options.services.size(), service = i % options.services.size();
    const bool slow = service < exposed && round < slow_rounds;
    const std::uint64_t connection = (slow ? quick : 0) + dealt[slow ? 1 : 0]++ / options.streams_per_connection;
    shards[connection % shards.size()].streams.push_back({
        .service = static_cast<std::uint32_t>(service),
        .connection = static_cast<std::uint32_t>(connection / shards.size()),
        .context = static_cast<std::uint32_t>(round % options.context_tokens.size()),
        .slow = slow,
        .place = {i, total},
    });
  }
  return shards;
}

}  // namespace dst_load::workers
