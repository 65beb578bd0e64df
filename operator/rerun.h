#pragma once

#include "base/time.h"
#include "operator/observed.h"

namespace dst_load::op {

/// Runs before the present one that a status remembers.
inline constexpr std::size_t kHistory = 5;

/// True when the test is over, and its annotation asks for another run than the one it was for.
bool WantsRerun(const LoadTest& test);

/// The same, and nothing holds it back: spec.stop would end the new run at once, and spec.suspend keeps it from
/// beginning.
bool MayRerun(const LoadTest& test);

/// True once nothing of the earlier run is at work any more, so that a new one starts from nothing. What is only left
/// lying about, such as the finished churn Pod, is replaced as the new run goes.
bool IsCleared(const Observed& seen);

/// The status of a test that has not begun, but for its history: the run that ended is now the newest of it.
LoadTestStatus StatusForRerun(const LoadTest& test);

/// The report of the run that drops out when the one that ended becomes history, whether it was written or not; empty
/// when none drops out.
std::string ReportToForget(const LoadTest& test);

/// Says in a condition that the re-run that is asked for is held back; takes the condition back once it is not.
void SetRerunCondition(LoadTestStatus& status, const LoadTest& test, WallTime now);

}  // namespace dst_load::op
