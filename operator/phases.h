#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "measure/verdict.h"
#include "operator/observed.h"

namespace dst_load::op {

/// Where a test stands after this pass, and why.
struct Decision {
  Phase phase = Phase::kPending;
  std::string reason;
  std::string message;
  std::optional<measure::Verdict> verdict;  ///< with the step into a terminal phase
  bool stop_run = false;                    ///< churn is to end, then the clients drain
};

/// Pending -> Starting -> Running -> Draining -> Succeeded | Failed | Stopped. Never goes back; a terminal phase stays.
///
/// Draining remembers in status.reason why it began, so that an operator that takes over ends the test the same way:
/// Draining (churn is done), StopRequested, ClientsLost, Aborted, DeadlineExceeded, or the reason for which churn
/// failed.
Decision Decide(const Observed& seen, WallTime now);

/// How long after a test's end the workers have to clean up by themselves.
inline constexpr Micros kCleanupPatience = std::chrono::seconds{30};

}  // namespace dst_load::op
