#include "workers/client/layout.h"

#include <map>
#include <set>

#include <catch2/catch.hpp>

using namespace dst_load::workers;

namespace {

ClientOptions Options(std::size_t services, std::uint32_t each, std::uint32_t per_connection, std::uint32_t threads) {
  ClientOptions options;
  for (std::size_t i = 0; i < services; ++i) options.services.push_back("s" + std::to_string(i) + ".ns:1");
  options.streams_per_service = each;
  options.streams_per_connection = per_connection;
  options.threads = threads;
  options.context_tokens = {"x", "y", "z"};
  return options;
}

}  // namespace

TEST_CASE("Every stream is dealt out once, connections are full and evenly shared", "[layout]") {
  const auto shards = LayOut(Options(10, 10, 7, 2));
  REQUIRE(shards.size() == 2);
  CHECK(shards[0].connections == 8);  // 15 connections
  CHECK(shards[1].connections == 7);
  std::map<std::uint32_t, int> services;
  std::map<std::pair<std::size_t, std::uint32_t>, int> connections;
  std::set<std::uint64_t> places;
  for (std::size_t s = 0; s < shards.size(); ++s) {
    for (const auto& stream : shards[s].streams) {
      ++services[stream.service];
      ++connections[{s, stream.connection}];
      places.insert(stream.place.index);
      CHECK(stream.place.of == 100);
      CHECK(stream.connection < shards[s].connections);
    }
  }
  CHECK(places.size() == 100);
  for (const auto& [service, count] : services) CHECK(count == 10);
  CHECK(connections.size() == 15);
  for (const auto& [connection, count] : connections) CHECK(count <= 7);
}

TEST_CASE("A ramp-up opens one stream of each service before a second of any", "[layout]") {
  const auto shards = LayOut(Options(5, 3, 100, 4));
  REQUIRE(shards.size() == 1);  // one connection needs one thread
  for (std::uint32_t i = 0; i < 15; ++i) CHECK(shards[0].streams[i].service == i % 5);
}

TEST_CASE("The streams of a service take turns with the context tokens", "[layout]") {
  const auto shards = LayOut(Options(2, 6, 100, 1));
  std::map<std::uint32_t, std::map<std::uint32_t, int>> used;
  for (const auto& stream : shards[0].streams) ++used[stream.service][stream.context];
  for (const auto& [service, contexts] : used) CHECK(contexts == std::map<std::uint32_t, int>{{0, 2}, {1, 2}, {2, 2}});
}

TEST_CASE(
    "Slow readers are at the first half of the services, beside streams that are none, on connections of their own",
    "[layout]") {
  auto options = Options(4, 10, 8, 2);
  options.slow_readers_percent = 20;
  std::map<std::uint32_t, int> slow, quick;
  std::map<std::pair<std::size_t, std::uint32_t>, std::set<bool>> kinds;
  const auto shards = LayOut(options);
  for (std::size_t s = 0; s < shards.size(); ++s) {
    for (const auto& stream : shards[s].streams) {
      ++(stream.slow ? slow : quick)[stream.service];
      kinds[{s, stream.connection}].insert(stream.slow);
      CHECK(stream.slow == (stream.connection + shards[s].slow_connections >= shards[s].connections));
    }
  }
  CHECK(slow == std::map<std::uint32_t, int>{{0, 4}, {1, 4}});
  CHECK(quick == std::map<std::uint32_t, int>{{0, 6}, {1, 6}, {2, 10}, {3, 10}});
  CHECK(kinds.size() == 5);
  for (const auto& [connection, kind] : kinds) CHECK(kind.size() == 1);
}

TEST_CASE("A service with slow readers keeps a stream to compare with", "[layout]") {
  auto options = Options(2, 3, 8, 1);
  options.slow_readers_percent = 50;
  int slow = 0;
  const auto shards = LayOut(options);
  for (const auto& stream : shards[0].streams) slow += stream.slow ? 1 : 0;
  CHECK(slow == 2);
}
