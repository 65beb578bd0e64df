#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/time.h"

namespace dst_load::kube {

/// The part of a Lease that elections are about.
struct Lease {
  std::string holder;  ///< empty: free
  std::string resource_version;
};
Lease ParseLease(const nlohmann::json& object);

/// `object`, a Lease as read or an empty one, held by `holder` from `now` on: a change of holder is a transition.
nlohmann::json HeldLease(nlohmann::json object, const std::string& holder, Micros duration, WallTime now);
/// `object` given up, so that others need not wait for it to expire.
nlohmann::json ReleasedLease(nlohmann::json object, WallTime now);

}  // namespace dst_load::kube
