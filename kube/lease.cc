#include "kube/lease.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "kube/object.h"

namespace dst_load::kube {

Lease ParseLease(const nlohmann::json& object) {
  return {StringAt(object, "spec.holderIdentity"), ResourceVersionOf(object)};
}

nlohmann::json HeldLease(nlohmann::json object, const std::string& holder, Micros duration, WallTime now) {
  nlohmann::json& spec = object["spec"];
  if (StringAt(object, "spec.holderIdentity") != holder) {
    spec["acquireTime"] = FormatTime(now);
    // Taking a lease that nobody held before is no transition.
    const auto transitions = IntAt(object, "spec.leaseTransitions");
    spec["leaseTransitions"] = transitions ? *transitions + 1 : 0;
  }
  spec["holderIdentity"] = holder;
  spec["leaseDurationSeconds"] = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(duration).count());
  spec["renewTime"] = FormatTime(now);
  return object;
}

nlohmann::json ReleasedLease(nlohmann::json object, WallTime now) {
  object["spec"]["holderIdentity"] = "";
  object["spec"]["leaseDurationSeconds"] = 1;
  object["spec"]["renewTime"] = FormatTime(now);
  return object;
}

}  // namespace dst_load::kube
