#pragma once

#include "base/time.h"
#include "operator/observed.h"
#include "operator/plan.h"

namespace dst_load::op {

/// Decides what is to be done about one LoadTest. Pure: the same input gives the same plan, and carrying a plan out in
/// part, twice, or on a stale view leads to the same end.
Plan Reconcile(const Observed& seen, WallTime now);

}  // namespace dst_load::op
