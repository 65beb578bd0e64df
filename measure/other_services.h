#pragma once

#include <cstdint>

namespace dst_load::measure {

/// Indexes of no service: where a checkpoint has no room for each service, their counts are added up under these. Those
/// with slow readers apart from those without, for JudgeIsolation compares the two.
inline constexpr std::uint32_t kOtherServices = 0xFFFFFFFE;
inline constexpr std::uint32_t kOtherServicesWithSlowReaders = 0xFFFFFFFF;

inline constexpr bool IsOtherServices(std::uint32_t service) { return service >= kOtherServices; }

}  // namespace dst_load::measure
