#include "measure/invariant.h"

namespace dst_load::measure {

std::string_view InvariantName(Invariant invariant) {
  switch (invariant) {
    case Invariant::kConverged:
      return "converged";
    case Invariant::kNoMissingEndpoint:
      return "no_missing_endpoint";
    case Invariant::kNoStaleEndpoint:
      return "no_stale_endpoint";
    case Invariant::kNoUnknownEndpoint:
      return "no_unknown_endpoint";
    case Invariant::kKnownRemoval:
      return "known_removal";
    case Invariant::kFirstUpdate:
      return "first_update";
    case Invariant::kNoFlap:
      return "no_flap";
    case Invariant::kServiceDeletion:
      return "service_deletion";
    case Invariant::kSiblingAgreement:
      return "sibling_agreement";
    case Invariant::kNoStalledStream:
      return "no_stalled_stream";
    case Invariant::kSlowReaderIsolation:
      return "slow_reader_isolation";
    case Invariant::kReconnectConverges:
      return "reconnect_converges";
    case Invariant::kEndpointMetadata:
      return "endpoint_metadata";
  }
  return "unknown";
}

}  // namespace dst_load::measure
