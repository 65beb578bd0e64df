#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "measure/truth.h"

namespace dst_load::coordination {

/// Where a churn worker is. Names as in status.churn.step.
enum class ChurnStep {
  kUnknown,
  kCreating,
  kReady,  ///< every service has its initial endpoints
  kStable,
  kScaleUp,
  kHoldMax,
  kScaleDown,
  kHoldMin,
  kFinished,  ///< all cycles done, nothing more will change
  kCleaned,   ///< its objects are deleted, it exits
  kFailed,
};
std::string_view ChurnStepName(ChurnStep step);  ///< "Creating", "HoldMax", ...

struct ChurnProgress {
  ChurnStep step = ChurnStep::kUnknown;
  std::uint32_t cycle = 0;   ///< complete cycles
  std::uint32_t cycles = 0;  ///< 0: until stopped
  std::uint64_t endpoints = 0;
  std::uint64_t target_endpoints = 0;
  WallTime step_started{};
  std::vector<WallTime> scheduled;  ///< T0 of the newest scale event, by service
  measure::Seq last_seq = 0;        ///< newest change published
  std::string reason;               ///< CamelCase; with kFailed, or what it waits for
  std::string message;
  std::uint64_t seed = 0;
  bool operator==(const ChurnProgress&) const = default;
};

}  // namespace dst_load::coordination
