#pragma once

#include "base/time.h"

namespace dst_load::workers {

/// What an orchestrator is promised: a client has this from a SIGTERM to its end. Less than Kubernetes grants by
/// itself (30 s).
inline constexpr Micros kTermination = std::chrono::seconds{10};

/// How long a client that ends waits for the coordinator to take its last report; the rest of kTermination is for the
/// streams. Enough for one that is away for 5 s, as in a hand-over, to be found again and to keep what it is told. Who
/// never met the coordinator (`met`) owes it nothing.
constexpr Micros FarewellPatience(bool met) { return met ? std::chrono::seconds{7} : std::chrono::seconds{2}; }

}  // namespace dst_load::workers
