#pragma once

#include <string>

#include "report/report.h"

namespace dst_load::report {

/// A report as JUnit XML, for CI servers: one suite, with a case for the verdict, one for each given criterion and one
/// for each invariant. Fail is a <failure>, Inconclusive an <error>; an invariant that was violated but does not judge
/// the run is <skipped>. The verdict has a case of its own since a run may be Inconclusive with every criterion held.
std::string MakeJUnit(const Report& report);
std::string MakeJUnit(const ReportFacts& facts, const coordination::RunView& view, const measure::Verdict& verdict);

}  // namespace dst_load::report
