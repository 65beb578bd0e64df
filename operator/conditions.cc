#include "operator/conditions.h"

#include <algorithm>

#include "measure/verdict.h"
#include "operator/numbers.h"
#include "operator/progress_text.h"
#include "operator/reasons.h"

namespace dst_load::op {
namespace {

WallTime WholeSeconds(WallTime time) { return std::chrono::floor<std::chrono::seconds>(time); }

/// Collects what is common to every condition of one pass.
class Writer {
 public:
  Writer(LoadTestStatus& status, std::int64_t generation, WallTime now)
      : status_(status), generation_(generation), now_(now) {}

  void Set(std::string_view type, Truth truth, std::string_view reason, std::string_view message) {
    Condition condition;
    condition.type = type;
    condition.status = truth;
    condition.reason = reason;
    condition.message = message;
    condition.observed_generation = generation_;
    SetCondition(status_, std::move(condition), now_);
  }
  void SetWorkers(std::string_view type, const std::optional<Trouble>& trouble, std::string_view ready_message) {
    if (trouble) {
      Set(type, Truth::kFalse, trouble->reason, trouble->message);
    } else {
      Set(type, Truth::kTrue, reason::kReady, ready_message);
    }
  }

 private:
  LoadTestStatus& status_;
  std::int64_t generation_;
  WallTime now_;
};

Truth If(bool holds) { return holds ? Truth::kTrue : Truth::kFalse; }

/// Who stops a test has what they wanted, unless its figures so far are bad.
bool StoppedInBreach(Phase phase, const LoadTestStatus& status) {
  return phase == Phase::kStopped && status.verdict == measure::OutcomeName(measure::Outcome::kFail);
}

}  // namespace

const Condition* FindCondition(const LoadTestStatus& status, std::string_view type) {
  const auto found = std::find_if(status.conditions.begin(), status.conditions.end(),
                                  [&](const Condition& each) { return each.type == type; });
  return found == status.conditions.end() ? nullptr : &*found;
}

void SetCondition(LoadTestStatus& status, Condition condition, WallTime now) {
  condition.last_transition = WholeSeconds(now);
  for (Condition& held : status.conditions) {
    if (held.type != condition.type) continue;
    if (held.status == condition.status) condition.last_transition = held.last_transition;
    held = std::move(condition);
    return;
  }
  status.conditions.push_back(std::move(condition));
}

void SetConditions(LoadTestStatus& status, const Observed& seen, const Decision& decision, WallTime now) {
  Writer writer(status, seen.test.meta.generation, now);
  const bool over = IsTerminal(decision.phase);
  const std::string& why = decision.reason;
  const std::string& text = decision.message;
  const bool failed = decision.phase == Phase::kFailed || StoppedInBreach(decision.phase, status);
  writer.Set(condition::kReady, If(over && !failed), why, text);
  writer.Set(condition::kReconciling, If(!over), why, text);
  writer.Set(condition::kStalled, If(failed), why, text);
  writer.Set(condition::kComplete, If(over), why, text);
  writer.Set(condition::kSucceeded, over ? If(decision.phase == Phase::kSucceeded) : Truth::kUnknown, why, text);
  if (over) {
    writer.Set(condition::kChurnReady, Truth::kFalse, reason::kTestEnded, "the test has ended");
    writer.Set(condition::kClientsReady, Truth::kFalse, reason::kTestEnded, "the test has ended");
    return;
  }
  // A coordinator that has just taken over does not know the workers yet; what was said before stands.
  if (StillGathering(seen) && FindCondition(status, condition::kClientsReady) != nullptr) return;
  writer.SetWorkers(condition::kChurnReady, ChurnTrouble(seen), "churn reports, and its endpoints are made");
  writer.SetWorkers(condition::kClientsReady, ClientsTrouble(seen),
                    "every client reports, and every stream holds all endpoints");
}

}  // namespace dst_load::op
