#include "operator/report_facts.h"

#include "base/machine.h"
#include "operator/wanted.h"

namespace dst_load::op {

report::ReportFacts ReportFactsOf(const LoadTest& test, const LoadTestStatus& status,
                                  const coordination::RunView& run) {
  report::ReportFacts facts;
  facts.name = test.meta.name;
  facts.ns = test.meta.ns;
  facts.run_id = status.run_id;
  facts.phase = PhaseName(status.phase);
  facts.started = status.start_time;
  facts.running = status.running_time;
  facts.completed = status.completion_time;
  facts.version = DST_LOAD_VERSION;
  facts.destination = test.spec.destination;
  facts.machine = ThisMachine();
  facts.seed = run.progress.seed;
  facts.services = static_cast<std::uint64_t>(test.spec.services);
  facts.service_prefix = test.spec.name_prefix;
  facts.streams = static_cast<std::uint64_t>(StreamsWanted(test));
  facts.spec = test.spec_json;
  return facts;
}

}  // namespace dst_load::op
