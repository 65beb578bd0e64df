#pragma once

#include "base/random.h"
#include "report/report.h"

namespace dst_load::report {

/// Three cycles of 10 services between 10 and 200 endpoints, 1,000 streams, as a busy machine would have them; made up,
/// the same every time.
ReportFacts SampleFacts();
coordination::RunView SampleView();
measure::Criteria SampleCriteria();
measure::Verdict SampleVerdict();
Report SampleReport();

/// Anything that a run's owner may know and a coordinator may have merged.
ReportFacts RandomFacts(Random& random);
coordination::RunView RandomView(Random& random);
measure::Verdict RandomVerdict(Random& random);

}  // namespace dst_load::report
