#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "measure/verdict.h"
#include "operator/load_test.h"

namespace dst_load::op {

/// What is to be done, in order. Every action can be repeated: doing it twice is doing it once.
namespace action {

/// ServiceAccounts, Role and RoleBinding: applied.
struct ApplySupport {};
/// The Secret with the run's token: created, never overwritten.
struct CreateSecret {};
struct DeleteSecret {};
/// The coordinator takes the run's workers, from the checkpoint if there is one.
struct AddRun {
  std::uint64_t clients = 0;
  std::uint64_t streams = 0;
  Micros drain_deadline{0};
  bool suspended = false;
  bool operator==(const AddRun&) const = default;
};
struct Expect {
  std::uint64_t clients = 0;
  std::uint64_t streams = 0;
  bool operator==(const Expect&) const = default;
};
/// Churn pauses, or goes on.
struct SuspendRun {
  bool suspended = false;
};
/// A client will not come back.
struct EndClient {
  std::string instance;
  std::string why;  ///< for people; may be empty
};
struct StopRun {};
struct ReleaseRun {};
struct RemoveRun {};
struct SaveCheckpoint {};
struct CreateChurnPod {};
struct DeleteChurnPod {};
struct ApplyClients {};
struct ScaleClients {
  std::int64_t replicas = 0;
};
struct DeleteClients {};
/// The Services and Deployments of a test that ended, those that its churn worker has left.
struct DeleteWorkload {};
/// Every child of the test but its reports.
struct DeleteChildren {};
/// Of a run that drops out of the history. The status that follows in the plan forgets it, so it waits for this.
struct DeleteReport {
  std::string config_map;
};
/// The run's report, as a ConfigMap. The status that follows in the plan ends the test, so it waits for this.
struct WriteReport {
  LoadTestStatus status;  ///< as it will be written
  measure::Verdict verdict;
};
/// Written only if nothing else wrote meanwhile. `urgent`: not held back by the limit of one write a second.
struct PatchStatus {
  LoadTestStatus status;
  bool urgent = false;
};
struct EmitEvent {
  bool warning = false;
  std::string reason;
  std::string message;
};

}  // namespace action

using Action =
    std::variant<action::ApplySupport, action::CreateSecret, action::DeleteSecret, action::AddRun, action::Expect,
                 action::SuspendRun, action::EndClient, action::StopRun, action::ReleaseRun, action::RemoveRun,
                 action::SaveCheckpoint, action::CreateChurnPod, action::DeleteChurnPod, action::ApplyClients,
                 action::ScaleClients, action::DeleteClients, action::DeleteWorkload, action::DeleteChildren,
                 action::DeleteReport, action::WriteReport, action::PatchStatus, action::EmitEvent>;

struct Plan {
  std::vector<Action> actions;
  std::optional<Micros> requeue;  ///< look again after this long, whatever happens meanwhile

  template <class T>
  const T* Find() const {
    for (const Action& each : actions) {
      if (const T* found = std::get_if<T>(&each)) return found;
    }
    return nullptr;
  }
};

}  // namespace dst_load::op
