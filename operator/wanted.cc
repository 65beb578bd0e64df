#include "operator/wanted.h"

#include <algorithm>

namespace dst_load::op {

std::int64_t ClientsWanted(const LoadTest& test) {
  const std::int64_t asked = test.spec.client.replicas;
  const auto had = static_cast<std::int64_t>(test.status.client.replicas);
  return test.status.phase == Phase::kDraining && had > 0 ? std::min(asked, had) : asked;
}

std::int64_t StreamsWanted(const LoadTest& test) { return test.spec.StreamsPerReplica() * ClientsWanted(test); }

}  // namespace dst_load::op
