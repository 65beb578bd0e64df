#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "operator/observed.h"

namespace dst_load::op {

/// A client that will not come back, and why as far as its Pod tells: "OOMKilled, exit code 137".
struct EndedClient {
  std::string instance;
  std::string why;
};

struct ClientEnds {
  std::vector<EndedClient> known;
  std::optional<Micros> look_again;  ///< by then more may be known, though nothing happens
};

/// Of the clients that the coordinator misses: those whose Pods prove that their process is over, and those known to be
/// lost of which a Pod says why. A connection that is cut proves nothing, and what ended before a client attached was
/// another process in its Pod.
ClientEnds EndedClients(const Observed& seen, WallTime now);

/// Why the test must end, when more clients were lost than spec.client.maxLostPercent allows; nullopt otherwise.
std::optional<std::string> TooManyLost(const Observed& seen);

}  // namespace dst_load::op
