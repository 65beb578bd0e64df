#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "proto/destination.grpc.pb.h"
#include "workers/reference/call.h"
#include "workers/reference/delay_line.h"

namespace dst_load::workers::reference {

/// Get with raw bytes: messages are serialized once for all streams.
using RawService = io::linkerd::proxy::destination::Destination::WithRawMethod_Get<
    io::linkerd::proxy::destination::Destination::Service>;

/// What all calls of a server share.
struct Call::Home {
  Home(Topics& t, const Clock& c) : topics(t), clock(c) {
    if (topics.Plan().Has(FaultKind::kDelay)) delays.emplace(clock);
  }

  Topics& topics;
  const Clock& clock;
  std::string cluster_domain;
  RawService service;
  std::atomic<std::uint64_t> calls{0};  ///< objects alive, those that wait for a peer included
  std::atomic<std::uint64_t> active{0}, total{0}, sent{0}, waiting{0}, overflows{0}, refused{0};
  std::optional<DelayLine> delays;  ///< last: its thread uses all of the above
};

}  // namespace dst_load::workers::reference
