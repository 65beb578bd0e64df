#pragma once

#include "operator/observed.h"
#include "operator/plan.h"

namespace dst_load::op {

/// Adds the events by which people learn of what one status has and the one before it had not: phases, serious trouble,
/// a suspension, a re-run.
void TellChanges(Plan& plan, const LoadTestStatus& before, const LoadTestStatus& after);
/// The same of clients that were lost, and why.
void TellLosses(Plan& plan, const Observed& seen, const LoadTestStatus& before, const LoadTestStatus& after);

}  // namespace dst_load::op
