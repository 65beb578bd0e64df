#include "operator/observe.h"

#include <nlohmann/json.hpp>

#include "base/random.h"
#include "operator/children.h"
#include "operator/views.h"

namespace dst_load::op {

Result<Observed> Observer::Look(const LoadTest& test, Memory& memory) const {
  if (memory.run_id != test.status.run_id) {
    const auto held_back = memory.status_written;
    memory = Memory{};
    memory.run_id = test.status.run_id;
    memory.status_written = held_back;
  }
  if (auto ok = LookAtSecret(test, memory); !ok) return Fail(ok.error());
  Observed seen;
  seen.test = test;
  seen.fresh_run_id = RandomHex(8);
  seen.secret = memory.secret;
  seen.support_applied = memory.support_applied;
  seen.trouble = memory.trouble;
  seen.workload_deleted = memory.workload_deleted;
  seen.children_deleted = memory.children_deleted;
  seen.report_failures = memory.report_failures;
  LookAtChildren(seen);
  LookAtRun(memory, seen);
  return seen;
}

Status Observer::LookAtSecret(const LoadTest& test, Memory& memory) const {
  const Phase phase = test.status.phase;
  if (memory.secret || phase < Phase::kStarting || IsTerminal(phase) || test.meta.deleting) return {};
  auto secret = client_.Get(kube::kSecrets, test.meta.ns, ChildName(test, "run"));
  if (!secret) {
    if (IsNotFound(secret.error())) return {};
    return Fail(secret.error());
  }
  memory.secret = ParseSecret(*secret);
  memory.token = TokenOf(*secret);
  return {};
}

void Observer::LookAtChildren(Observed& seen) const {
  const LoadTest& test = seen.test;
  const auto pods =
      pods_.Select([&](const PodView& pod) { return pod.meta.ns == test.meta.ns && pod.test == test.meta.name; });
  const std::string churn = ChildName(test, kChurn);
  for (const auto& pod : pods) {
    if (pod->meta.name == churn) {
      seen.churn_pod = *pod;
    } else if (pod->component == kClient && pod->run_id == test.status.run_id) {
      seen.client_pods.push_back(*pod);
    }
  }
  if (const auto clients = deployments_.Get({test.meta.ns, ChildName(test, kClient)})) seen.clients = *clients;
}

void Observer::LookAtRun(const Memory& memory, Observed& seen) const {
  const std::string& run_id = seen.test.status.run_id;
  if (run_id.empty()) return;
  seen.run_known = server_.HasRun(run_id);
  if (!seen.run_known) return;
  seen.run = server_.View(run_id);
  seen.run_age = memory.run_added ? clock_.Mono() - *memory.run_added : Micros{0};
  if (IsTerminal(seen.test.status.phase)) return;  // nobody goes on from there
  const std::string checkpoint = server_.Checkpoint(run_id);
  seen.checkpoint_changed = !checkpoint.empty() && checkpoint != memory.saved_checkpoint;
}

}  // namespace dst_load::op
