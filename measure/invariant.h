#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dst_load::measure {

/// The invariants (design, section 4). Names are those of the metric's label and of status.violations; numbers go over
/// the wire, so new ones are appended. `ledger.h` says when each is broken.
enum class Invariant : std::uint8_t {
  kConverged,
  kNoMissingEndpoint,
  kNoStaleEndpoint,
  kNoUnknownEndpoint,
  kKnownRemoval,
  kFirstUpdate,
  kNoFlap,
  kServiceDeletion,
  kSiblingAgreement,
  kNoStalledStream,
  kSlowReaderIsolation,
  kReconnectConverges,
  kEndpointMetadata,
};
inline constexpr std::size_t kInvariantCount = 13;
/// "converged", "no_missing_endpoint", ...
std::string_view InvariantName(Invariant invariant);

}  // namespace dst_load::measure
