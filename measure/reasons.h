#pragma once

#include <string_view>

/// Reasons of verdicts: one CamelCase word each, listed in docs/conditions.md.
namespace dst_load::measure::reason {

inline constexpr std::string_view kCriteriaMet = "CriteriaMet";

// Of a Fail
inline constexpr std::string_view kUpdatesMissing = "UpdatesMissing";
inline constexpr std::string_view kInvariantsViolated = "InvariantsViolated";
inline constexpr std::string_view kStreamTimeoutPercent = "StreamTimeoutPercent";
inline constexpr std::string_view kDestinationMemory = "DestinationMemory";
inline constexpr std::string_view kDestinationMemoryGrowth = "DestinationMemoryGrowth";

/// By the quantile of a leg that is over its limit.
struct Quantiles {
  std::string_view p50, p95, p99, p999, max;
};
inline constexpr Quantiles kKubernetes{"KubernetesP50", "KubernetesP95", "KubernetesP99", "KubernetesP999",
                                       "KubernetesMax"};
inline constexpr Quantiles kDestination{"DestinationP50", "DestinationP95", "DestinationP99", "DestinationP999",
                                        "DestinationMax"};
inline constexpr Quantiles kEndToEnd{"EndToEndP50", "EndToEndP95", "EndToEndP99", "EndToEndP999", "EndToEndMax"};

// Of what could not be judged
inline constexpr std::string_view kNotStarted = "NotStarted";
inline constexpr std::string_view kNotFinished = "NotFinished";
inline constexpr std::string_view kClientsLost = "ClientsLost";
inline constexpr std::string_view kStreamsShort = "StreamsShort";
inline constexpr std::string_view kClientSaturated = "ClientSaturated";
inline constexpr std::string_view kClockUnsure = "ClockUnsure";
inline constexpr std::string_view kClockJumped = "ClockJumped";
inline constexpr std::string_view kDestinationMetricsMissing = "DestinationMetricsMissing";
inline constexpr std::string_view kTruthGaps = "TruthGaps";
inline constexpr std::string_view kTruthOverflow = "TruthOverflow";
inline constexpr std::string_view kUpdatesPending = "UpdatesPending";
inline constexpr std::string_view kUpdatesAbandoned = "UpdatesAbandoned";
inline constexpr std::string_view kNothingMeasured = "NothingMeasured";
inline constexpr std::string_view kNoSamples = "NoSamples";

}  // namespace dst_load::measure::reason
