#pragma once

#include <atomic>
#include <string>

#include "proto/destination.grpc.pb.h"
#include "workers/reference/call.h"

namespace dst_load::workers::reference {

/// Get with raw bytes: messages are serialized once for all streams.
using RawService = io::linkerd::proxy::destination::Destination::WithRawMethod_Get<
    io::linkerd::proxy::destination::Destination::Service>;

/// What all calls of a server share.
struct Call::Home {
  explicit Home(Topics& t) : topics(t) {}

  Topics& topics;
  std::string cluster_domain;
  RawService service;
  std::atomic<std::uint64_t> calls{0};  ///< objects alive, those that wait for a peer included
  std::atomic<std::uint64_t> active{0}, total{0}, sent{0}, overflows{0}, refused{0};
};

}  // namespace dst_load::workers::reference
