#pragma once

#include <string_view>

#include "base/time.h"
#include "operator/observed.h"
#include "operator/phases.h"

namespace dst_load::op {

namespace condition {
inline constexpr std::string_view kReady = "Ready";              ///< kstatus: the test passed, or was stopped
inline constexpr std::string_view kReconciling = "Reconciling";  ///< kstatus: it is not over
inline constexpr std::string_view kStalled = "Stalled";          ///< kstatus: it failed, stopped or not
inline constexpr std::string_view kChurnReady = "ChurnReady";
inline constexpr std::string_view kClientsReady = "ClientsReady";
inline constexpr std::string_view kComplete = "Complete";            ///< it is over, either way
inline constexpr std::string_view kSucceeded = "Succeeded";          ///< Unknown until it is over
inline constexpr std::string_view kRerunAccepted = "RerunAccepted";  ///< there, and False, where a re-run was refused
}  // namespace condition

const Condition* FindCondition(const LoadTestStatus& status, std::string_view type);

/// Sets one condition; last_transition moves only when the status differs.
void SetCondition(LoadTestStatus& status, Condition condition, WallTime now);

/// Sets all of them, from the first visit on, as the decision and the observed workers say.
void SetConditions(LoadTestStatus& status, const Observed& seen, const Decision& decision, WallTime now);

}  // namespace dst_load::op
