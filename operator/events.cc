#include "operator/events.h"

#include "measure/losses.h"
#include "operator/conditions.h"
#include "operator/progress_text.h"
#include "operator/reasons.h"

namespace dst_load::op {
namespace {

void TellPhase(Plan& plan, const LoadTestStatus& before, const LoadTestStatus& after) {
  if (before.phase == after.phase || after.phase == Phase::kPending) return;
  const bool bad = after.phase == Phase::kFailed;
  const std::string name(PhaseName(after.phase));
  std::string text = after.message;
  if (IsTerminal(after.phase)) text = "verdict " + after.verdict + ": " + text;
  plan.actions.push_back(action::EmitEvent{bad, bad ? after.reason : name, text});
}

void TellTrouble(Plan& plan, std::string_view type, const LoadTestStatus& before, const LoadTestStatus& after) {
  const Condition* now = FindCondition(after, type);
  if (now == nullptr || now->status != Truth::kFalse || IsTerminal(after.phase)) return;
  if (!IsSerious({now->reason, now->message})) return;
  const Condition* held = FindCondition(before, type);
  if (held != nullptr && held->reason == now->reason) return;
  plan.actions.push_back(action::EmitEvent{true, now->reason, now->message});
}

void TellExpiry(Plan& plan, const LoadTestStatus& before, const LoadTestStatus& after) {
  if (before.children_deleted_time || !after.children_deleted_time) return;
  plan.actions.push_back(action::EmitEvent{false, std::string(reason::kChildrenDeleted),
                                           "spec.ttlAfterFinished has passed: the test's children are deleted"});
}

void TellPace(Plan& plan, const LoadTestStatus& before, const LoadTestStatus& after) {
  if (before.phase != Phase::kRunning || after.phase != Phase::kRunning || before.reason == after.reason) return;
  const bool suspended = after.reason == reason::kSuspended;
  plan.actions.push_back(
      action::EmitEvent{false, std::string(suspended ? reason::kSuspended : reason::kResumed), after.message});
}

void TellRerun(Plan& plan, const LoadTestStatus& before, const LoadTestStatus& after) {
  if (IsTerminal(before.phase) && before.rerun_token != after.rerun_token) {
    plan.actions.push_back(action::EmitEvent{
        false, std::string(reason::kRerun),
        "begins anew, as annotation " + std::string(kRerunAnnotation) + "=" + after.rerun_token + " asks"});
  }
  const Condition* refused = FindCondition(after, condition::kRerunAccepted);
  if (refused == nullptr || FindCondition(before, condition::kRerunAccepted) != nullptr) return;
  plan.actions.push_back(action::EmitEvent{true, refused->reason, refused->message});
}

}  // namespace

void TellLosses(Plan& plan, const Observed& seen, const LoadTestStatus& before, const LoadTestStatus& after) {
  if (!seen.run || after.client.lost <= before.client.lost) return;
  plan.actions.push_back(
      action::EmitEvent{true, std::string(reason::kClientsLost), measure::LossesText(seen.run->facts)});
}

void TellChanges(Plan& plan, const LoadTestStatus& before, const LoadTestStatus& after) {
  TellPhase(plan, before, after);
  TellTrouble(plan, condition::kChurnReady, before, after);
  TellTrouble(plan, condition::kClientsReady, before, after);
  TellPace(plan, before, after);
  TellExpiry(plan, before, after);
  TellRerun(plan, before, after);
}

}  // namespace dst_load::op
