#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace dst_load::measure {

/// An endpoint is a Pod at an address: real CNIs and KWOK hand a freed address to the next Pod at once.
struct Endpoint {
  std::string ip;  ///< textual, canonical: "10.0.0.1", "fd00::1"
  std::uint16_t port = 0;
  std::string pod;  ///< name of the Pod; empty when unknown
  auto operator<=>(const Endpoint&) const = default;
};

/// Position in the truth's history. 0: before everything. Grows by one a change, across services, for the whole run.
using Seq = std::uint64_t;

/// One ready endpoint that appeared in, or vanished from, a service's EndpointSlices.
struct Change {
  Seq seq = 0;
  std::uint32_t service = 0;  ///< index into the run's service names
  Endpoint endpoint;
  bool added = false;
  /// Scheduled time of the scale event that caused it; nullopt when nothing of ours did (initial set, a Pod that died).
  std::optional<WallTime> t0;
  /// Published by Kubernetes: seen on the churn worker's EndpointSlice watch.
  WallTime t1{};
  bool operator==(const Change&) const = default;
};

/// The ready endpoints of every service at one Seq.
struct TruthState {
  Seq seq = 0;
  std::vector<std::vector<Endpoint>> services;  ///< by service index; each sorted
};

}  // namespace dst_load::measure
