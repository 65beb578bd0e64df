#pragma once

#include "coordination/server.h"
#include "operator/load_test.h"
#include "report/report.h"

namespace dst_load::op {

/// What the operator knows of a run beside its view. `status` is the one that ends the test.
report::ReportFacts ReportFactsOf(const LoadTest& test, const LoadTestStatus& status, const coordination::RunView& run);

}  // namespace dst_load::op
