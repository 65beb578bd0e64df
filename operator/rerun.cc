#include "operator/rerun.h"

#include "operator/children.h"
#include "operator/conditions.h"
#include "operator/reasons.h"

namespace dst_load::op {

bool WantsRerun(const LoadTest& test) {
  return IsTerminal(test.status.phase) && !test.rerun_token.empty() && test.rerun_token != test.status.rerun_token;
}

bool MayRerun(const LoadTest& test) { return WantsRerun(test) && !test.spec.stop && !test.spec.suspend; }

bool IsCleared(const Observed& seen) {
  const std::string& uid = seen.test.meta.uid;
  const bool churning = seen.churn_pod && seen.churn_pod->owner_uid == uid && !seen.churn_pod->Finished();
  const bool clients = seen.clients && seen.clients->owner_uid == uid;
  // A test that never had a run made no workload.
  return !seen.run_known && !churning && !clients && (seen.workload_deleted || seen.test.status.run_id.empty());
}

LoadTestStatus StatusForRerun(const LoadTest& test) {
  const LoadTestStatus& ended = test.status;
  LoadTestStatus fresh;
  fresh.rerun_token = test.rerun_token;
  fresh.history = ended.history;
  if (ended.run_id.empty()) return fresh;
  fresh.history.insert(fresh.history.begin(),
                       {ended.run_id, ended.verdict, ended.reason, ended.start_time, ended.completion_time,
                        ended.end_to_end.p99, ended.destination.p99, ended.report_config_map});
  if (fresh.history.size() > kHistory) fresh.history.resize(kHistory);
  return fresh;
}

std::string ReportToForget(const LoadTest& test) {
  const LoadTestStatus& ended = test.status;
  if (ended.run_id.empty() || ended.history.size() < kHistory) return "";
  return ReportName(test, ended.history.back().run_id);
}

void SetRerunCondition(LoadTestStatus& status, const LoadTest& test, WallTime now) {
  if (!WantsRerun(test) || MayRerun(test)) {
    std::erase_if(status.conditions, [](const Condition& each) { return each.type == condition::kRerunAccepted; });
    return;
  }
  Condition refused;
  refused.type = condition::kRerunAccepted;
  refused.status = Truth::kFalse;
  refused.reason = test.spec.stop ? reason::kStopIsSet : reason::kSuspended;
  const std::string field = test.spec.stop ? "spec.stop" : "spec.suspend";
  refused.message = "a re-run is asked for, but " + field + " is true: it begins once " + field + " is false";
  refused.observed_generation = test.meta.generation;
  SetCondition(status, std::move(refused), now);
}

}  // namespace dst_load::op
