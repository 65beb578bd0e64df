#include "operator/reconcile.h"

#include <algorithm>

#include "operator/children.h"
#include "operator/conditions.h"
#include "operator/events.h"
#include "operator/losses.h"
#include "operator/numbers.h"
#include "operator/phases.h"
#include "operator/reasons.h"
#include "operator/rerun.h"
#include "operator/wanted.h"

namespace dst_load::op {
namespace {

constexpr Micros kLookAgain = std::chrono::seconds{5};
constexpr Micros kWaitForGone = std::chrono::seconds{2};
constexpr Micros kWorkloadPatience = std::chrono::minutes{10};
constexpr int kReportAttempts = 5;

WallTime WholeSeconds(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time); }

void LookAgain(Plan& plan, Micros after) {
  after = std::max<Micros>(after, std::chrono::milliseconds{10});
  plan.requeue = plan.requeue ? std::min(*plan.requeue, after) : after;
}

// ---- Status ----

void TakeVerdict(const measure::Verdict& verdict, LoadTestStatus& status) {
  status.verdict = measure::OutcomeName(verdict.outcome);
  status.criteria.clear();
  for (const auto& each : verdict.criteria) {
    status.criteria.push_back({each.name, each.limit, each.measured, std::string(measure::OutcomeName(each.result))});
  }
}

void TakeTimes(LoadTestStatus& status, Phase phase, WallTime now) {
  if (!status.start_time) status.start_time = WholeSeconds(now);
  if (phase == Phase::kRunning && !status.running_time) status.running_time = WholeSeconds(now);
  if (IsTerminal(phase)) status.completion_time = WholeSeconds(now);
}

/// Of a run of which something is known. That a quota or the like keeps it from being written must not keep the test
/// from ending.
bool WantsReport(const Observed& seen, const Decision& decision) {
  return IsTerminal(decision.phase) && decision.verdict && seen.run && seen.report_failures < kReportAttempts;
}

LoadTestStatus NextStatus(const Observed& seen, const Decision& decision, WallTime now) {
  LoadTestStatus status = seen.test.status;
  const Spec& spec = seen.test.spec;
  status.observed_generation = seen.test.meta.generation;
  if (!IsTerminal(status.phase)) {
    const bool waits = status.run_id.empty() && decision.reason == reason::kSuspended;
    if (status.run_id.empty()) status.rerun_token = seen.test.rerun_token;
    if (status.run_id.empty() && !waits && !IsTerminal(decision.phase)) status.run_id = seen.fresh_run_id;
    status.client.replicas = static_cast<std::uint64_t>(ClientsWanted(seen.test));
    status.client.target_streams = static_cast<std::uint64_t>(StreamsWanted(seen.test));
    if (status.cycles.empty()) status.cycles = CyclesText(spec, 0);
    if (seen.churn_pod) status.churn.pod_name = seen.churn_pod->meta.name;
    if (seen.run && !StillGathering(seen)) TakeNumbers(*seen.run, spec, status);
    if (!waits) TakeTimes(status, decision.phase, now);
    if (decision.verdict) TakeVerdict(*decision.verdict, status);
    if (WantsReport(seen, decision)) status.report_config_map = ReportName(seen.test);
  }
  if (seen.children_deleted && !status.children_deleted_time) status.children_deleted_time = WholeSeconds(now);
  status.phase = decision.phase;
  status.reason = decision.reason;
  status.message = decision.message;
  SetConditions(status, seen, decision, now);
  SetRerunCondition(status, seen.test, now);
  return status;
}

/// True when people or programs wait for this difference; numbers alone can wait a second.
bool IsUrgent(const LoadTestStatus& before, const LoadTestStatus& after) {
  if (before.phase != after.phase || before.verdict != after.verdict || before.run_id != after.run_id) return true;
  return std::any_of(after.conditions.begin(), after.conditions.end(), [&](const Condition& each) {
    const Condition* held = FindCondition(before, each.type);
    return held == nullptr || held->status != each.status || held->reason != each.reason;
  });
}

void PlanStatus(Plan& plan, const Observed& seen, const LoadTestStatus& before, const LoadTestStatus& after) {
  if (before == after) return;
  const bool urgent = IsUrgent(before, after);
  plan.actions.push_back(action::PatchStatus{after, urgent});
  TellChanges(plan, before, after);
  TellLosses(plan, seen, before, after);
}

// ---- Children of a run that goes on ----

/// A child of the same name that belongs to an earlier LoadTest of that name, or to an earlier run.
template <class View>
bool IsForeign(const View& view, const LoadTest& test) {
  return view.owner_uid != test.meta.uid || view.run_id != test.status.run_id;
}

void PlanRun(Plan& plan, const Observed& seen, WallTime now) {
  const Spec& spec = seen.test.spec;
  const auto clients = static_cast<std::uint64_t>(ClientsWanted(seen.test));
  const auto streams = static_cast<std::uint64_t>(StreamsWanted(seen.test));
  if (!seen.run_known) {
    // Past the clients' own convergence deadline nothing is pending; the rest is for their reports.
    plan.actions.push_back(
        action::AddRun{clients, streams, spec.convergence_deadline + std::chrono::seconds{30}, spec.suspend});
    return;
  }
  if (!seen.run) return;
  if (seen.run->facts.clients_expected != clients || seen.run->facts.streams_expected != streams) {
    plan.actions.push_back(action::Expect{clients, streams});
  }
  if (seen.run->suspended != spec.suspend) plan.actions.push_back(action::SuspendRun{spec.suspend});
  ClientEnds ends = EndedClients(seen, now);
  for (auto& [instance, why] : ends.known) plan.actions.push_back(action::EndClient{instance, why});
  if (ends.look_again) LookAgain(plan, *ends.look_again);
}

void PlanChurnPod(Plan& plan, const Observed& seen) {
  if (!seen.churn_pod) {
    plan.actions.push_back(action::CreateChurnPod{});
    return;
  }
  const PodView& pod = *seen.churn_pod;
  if (pod.meta.deleting) return LookAgain(plan, kWaitForGone);
  if (!IsForeign(pod, seen.test) && !pod.Finished()) return;
  plan.actions.push_back(action::DeleteChurnPod{});
  LookAgain(plan, kWaitForGone);
}

void PlanClients(Plan& plan, const Observed& seen) {
  if (!seen.clients) {
    plan.actions.push_back(action::ApplyClients{});
    return;
  }
  const DeploymentView& clients = *seen.clients;
  if (clients.meta.deleting) return LookAgain(plan, kWaitForGone);
  if (IsForeign(clients, seen.test)) {
    plan.actions.push_back(action::DeleteClients{});
    LookAgain(plan, kWaitForGone);
  } else if (clients.replicas != ClientsWanted(seen.test)) {
    plan.actions.push_back(action::ScaleClients{ClientsWanted(seen.test)});
  }
}

void PlanChildren(Plan& plan, const Observed& seen, WallTime now) {
  if (seen.secret && IsForeign(*seen.secret, seen.test)) {
    plan.actions.push_back(action::DeleteSecret{});
    return LookAgain(plan, kWaitForGone);
  }
  if (!seen.secret) plan.actions.push_back(action::CreateSecret{});
  if (!seen.support_applied) plan.actions.push_back(action::ApplySupport{});
  PlanRun(plan, seen, now);
  PlanChurnPod(plan, seen);
  PlanClients(plan, seen);
}

// ---- After the end ----

/// True while the workload's objects are ours to delete. The churn worker deletes them where it can; it may be gone,
/// and whether the test passed is not for it to know. Given up after a while, so that a new operator does not look for
/// them in the namespace of every test that ever ended.
bool WorkloadIsOurs(const Observed& seen, WallTime now) {
  const LoadTestStatus& status = seen.test.status;
  const Cleanup cleanup = seen.test.spec.cleanup;
  const bool began = !status.run_id.empty();
  // A new run starts from nothing, whatever was to stay.
  if (MayRerun(seen.test)) return began && !seen.workload_deleted;
  const bool wanted =
      cleanup == Cleanup::kAlways || (cleanup == Cleanup::kOnSuccess && status.phase == Phase::kSucceeded);
  return wanted && began && !seen.workload_deleted && now < status.completion_time.value_or(now) + kWorkloadPatience;
}

/// What ttlAfterFinished asks for, once the workers have cleaned up. The status remembers that it was done.
void PlanExpiry(Plan& plan, const Observed& seen, WallTime now) {
  const LoadTestStatus& status = seen.test.status;
  const auto& ttl = seen.test.spec.ttl_after_finished;
  if (!ttl || status.run_id.empty() || status.children_deleted_time || seen.children_deleted) return;
  if (MayRerun(seen.test)) return;  // the new run replaces them
  const WallTime due = status.completion_time.value_or(now) + *ttl;
  if (now < due) return LookAgain(plan, due - now);
  if (!seen.workload_deleted && plan.Find<action::DeleteWorkload>() == nullptr) {
    plan.actions.push_back(action::DeleteWorkload{});
  }
  plan.actions.push_back(action::DeleteChildren{});
}

/// The results are in the status: workers may go. The finished churn Pod stays for its log, until the LoadTest goes or
/// its children have had their time.
void PlanCleanup(Plan& plan, const Observed& seen, WallTime now) {
  const LoadTestStatus& status = seen.test.status;
  const bool released = seen.run && seen.run->stage == coordination::Stage::kReleased;
  if (seen.run_known && !released) {
    // A run that ended before churn did: it is to end as well.
    plan.actions.push_back(action::StopRun{});
    plan.actions.push_back(action::ReleaseRun{});
  }
  const bool ours = seen.clients && seen.clients->owner_uid == seen.test.meta.uid;
  if (ours && !seen.clients->meta.deleting) plan.actions.push_back(action::DeleteClients{});
  const bool churning =
      seen.churn_pod && seen.churn_pod->owner_uid == seen.test.meta.uid && !seen.churn_pod->Finished();
  if (!churning) {
    if (released) plan.actions.push_back(action::RemoveRun{});
    // Only now that nobody would make them anew.
    if (WorkloadIsOurs(seen, now)) plan.actions.push_back(action::DeleteWorkload{});
    PlanExpiry(plan, seen, now);
    if (MayRerun(seen.test) && plan.actions.empty()) LookAgain(plan, kWaitForGone);
    return;
  }
  const WallTime patience = status.completion_time.value_or(now) + kCleanupPatience;
  if (now < patience) return LookAgain(plan, patience - now);
  if (!seen.churn_pod->meta.deleting) plan.actions.push_back(action::DeleteChurnPod{});
  LookAgain(plan, kWaitForGone);
}

/// A test that is over begins anew: as one that never had a run, but for its history.
Plan PlanRerun(const Observed& seen, WallTime now) {
  Plan plan;
  if (auto old = ReportToForget(seen.test); !old.empty()) {
    plan.actions.push_back(action::DeleteReport{std::move(old)});
  }
  Observed anew = seen;
  anew.test.status = StatusForRerun(seen.test);
  anew.children_deleted = false;
  PlanStatus(plan, seen, seen.test.status, NextStatus(anew, Decide(anew, now), now));
  return plan;
}

}  // namespace

Plan Reconcile(const Observed& seen, WallTime now) {
  Plan plan;
  if (seen.test.meta.deleting) {
    if (seen.run_known) plan.actions.push_back(action::RemoveRun{});
    return plan;
  }
  if (MayRerun(seen.test) && IsCleared(seen)) return PlanRerun(seen, now);
  const Phase before = seen.test.status.phase;
  const Decision decision = Decide(seen, now);
  if (IsTerminal(before)) {
    PlanCleanup(plan, seen, now);
  } else if (before >= Phase::kStarting && IsTerminal(decision.phase)) {
    // Until the verdict is written, another operator may have to find it again.
    if (seen.checkpoint_changed && seen.run_known) plan.actions.push_back(action::SaveCheckpoint{});
  } else if (before >= Phase::kStarting) {
    // First what no failure of another action may keep from happening; last what matters least.
    if (decision.stop_run && seen.run_known) plan.actions.push_back(action::StopRun{});
    PlanChildren(plan, seen, now);
    if (seen.checkpoint_changed) plan.actions.push_back(action::SaveCheckpoint{});
    LookAgain(plan, kLookAgain);
  }
  const LoadTestStatus next = NextStatus(seen, decision, now);
  if (WantsReport(seen, decision)) plan.actions.push_back(action::WriteReport{next, *decision.verdict});
  PlanStatus(plan, seen, seen.test.status, next);
  // After the status: events are of what is written.
  if (!IsTerminal(before) && seen.report_failures >= kReportAttempts) {
    plan.actions.push_back(action::EmitEvent{true, std::string(reason::kReportNotWritten),
                                             "the report could not be written; the status has the figures"});
  }
  return plan;
}

}  // namespace dst_load::op
