#pragma once

#include <optional>

#include "measure/snapshot.h"

namespace dst_load::measure {

/// Slow readers may make the streams beside them this much later, at p99 of the destination leg, and no more.
struct IsolationBounds {
  double factor = 3;
  Micros floor = std::chrono::milliseconds{50};  ///< what is below it is not compared: noise
  std::uint64_t enough = 100;                    ///< samples on either side
};

/// What slow readers did to others.
struct Isolation {
  Micros beside{0};   ///< p99 of the other streams at services with slow readers
  Micros control{0};  ///< p99 at services without
  bool holds = true;
};

/// Compares services with and without slow readers: what a server does to all its streams alike does not show in it.
/// nullopt without slow readers, or with too few samples. Pure.
std::optional<Isolation> JudgeIsolation(const ClientSnapshot& clients, const IsolationBounds& bounds = {});

}  // namespace dst_load::measure
