#include "operator/apply.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/random.h"
#include "kube/base64.h"
#include "kube/object.h"
#include "operator/report_facts.h"
#include "operator/views.h"
#include "report/junit.h"
#include "report/report.h"

namespace dst_load::op {
namespace {

using nlohmann::json;

constexpr Micros kStatusEvery = std::chrono::seconds{1};
constexpr Micros kAtOnce{0};

/// Names what an action makes, for a condition's message.
struct Namer {
  std::string operator()(const action::ApplySupport&) const { return "churn ServiceAccount and Role"; }
  std::string operator()(const action::CreateSecret&) const { return "run's Secret"; }
  std::string operator()(const action::DeleteSecret&) const { return "run's Secret"; }
  std::string operator()(const action::CreateChurnPod&) const { return "churn Pod"; }
  std::string operator()(const action::DeleteChurnPod&) const { return "churn Pod"; }
  std::string operator()(const action::ApplyClients&) const { return "client Deployment"; }
  std::string operator()(const action::ScaleClients&) const { return "client Deployment"; }
  std::string operator()(const action::DeleteClients&) const { return "client Deployment"; }
  std::string operator()(const action::DeleteWorkload&) const { return "workload"; }
  std::string operator()(const action::DeleteChildren&) const { return "children"; }
  std::string operator()(const action::SaveCheckpoint&) const { return "checkpoint"; }
  std::string operator()(const action::DeleteReport&) const { return "report of an earlier run"; }
  std::string operator()(const action::WriteReport&) const { return "report"; }
  template <class T>
  std::string operator()(const T&) const {
    return "run";
  }
};

bool IsAboutStatus(const Action& each) {
  return std::holds_alternative<action::PatchStatus>(each) || std::holds_alternative<action::EmitEvent>(each);
}

/// What is to be done whatever failed before it. A checkpoint, for clients that have told their last wait for it; a
/// report, for what comes before it is a checkpoint.
bool MayFollowFailure(const Action& each) {
  return IsAboutStatus(each) || std::holds_alternative<action::SaveCheckpoint>(each) ||
         std::holds_alternative<action::WriteReport>(each);
}

}  // namespace

/// One plan being carried out.
struct Applier::Doer {
  Applier& self;
  const Observed& seen;
  Memory& memory;
  Outcome& outcome;
  bool written = false;
  bool unreported = false;  ///< a report was not written, or not deleted: nor may the status be that rests on it

  const LoadTest& Test() const { return seen.test; }

  Status ApplyChild(const kube::Resource& kind, const json& child) {
    auto applied = self.client_.Apply(kind, Test().meta.ns, child, kFieldManager);
    if (!applied) return Fail(applied.error());
    return {};
  }

  Status operator()(const action::ApplySupport&) {
    for (const std::string_view component : {kChurn, kClient}) {
      if (!TemplateOf(Test(), component).service_account.empty()) continue;
      if (auto ok = ApplyChild(kube::kServiceAccounts, BuildServiceAccount(Test(), component)); !ok) return ok;
    }
    if (auto ok = ApplyChild(kube::kRoles, BuildChurnRole(Test())); !ok) return ok;
    if (auto ok = ApplyChild(kube::kRoleBindings, BuildChurnRoleBinding(Test())); !ok) return ok;
    memory.support_applied = true;
    return {};
  }

  Status operator()(const action::CreateSecret&) {
    const std::string token = RandomHex(32);
    auto made = self.client_.Create(kube::kSecrets, Test().meta.ns, BuildRunSecret(Test(), self.ca_pem_, token));
    // If it is there after all, the next pass reads its token.
    if (!made) return Fail(made.error());
    memory.secret = SecretView{Test().meta.uid, Test().status.run_id};
    memory.token = token;
    return {};
  }

  Status operator()(const action::DeleteSecret&) {
    memory.secret.reset();
    return self.client_.Delete(kube::kSecrets, Test().meta.ns, ChildName(Test(), "run"));
  }

  Result<std::string> ReadCheckpoint() {
    const auto map = self.client_.Get(kube::kConfigMaps, Test().meta.ns, ChildName(Test(), "checkpoint"));
    if (!map) {
      if (IsNotFound(map.error())) return std::string{};
      return Fail(map.error());
    }
    const json* labels = kube::MemberAt(*map, "metadata.labels");
    const json* run = labels == nullptr ? nullptr : kube::Member(*labels, kRunLabel);
    if (run == nullptr || *run != Test().status.run_id) return std::string{};
    return kube::DecodeBase64(kube::StringAt(*map, "binaryData.checkpoint")).value_or("");
  }

  Status operator()(const action::AddRun& add) {
    if (memory.token.empty())
      return Fail(Code::kInternal, "run " + Test().status.run_id + ": its Secret holds no token");
    auto checkpoint = ReadCheckpoint();
    if (!checkpoint) return Fail(checkpoint.error());
    coordination::RunSpec spec{Test().status.run_id, memory.token,       add.clients,
                               add.streams,          add.drain_deadline, add.suspended};
    spec.owner_ns = Test().meta.ns;
    spec.owner_name = Test().meta.name;
    spec.checkpointed = true;
    self.memories_.Assign(spec.run_id, Test().Key());
    auto added = self.server_.AddRun(spec, *checkpoint);
    if (!added && IsInvalid(added.error()) && !checkpoint->empty()) {
      log::Err("checkpoint is unreadable, going on without it", {{"error", added.error().message}});
      added = self.server_.AddRun(spec);
    }
    if (!added && !IsAlreadyExists(added.error())) return added;
    memory.run_added = self.clock_.Mono();
    memory.saved_checkpoint = *checkpoint;
    return {};
  }

  Status operator()(const action::Expect& expect) {
    self.server_.Expect(Test().status.run_id, expect.clients, expect.streams);
    return {};
  }
  Status operator()(const action::SuspendRun& suspend) {
    self.server_.Suspend(Test().status.run_id, suspend.suspended);
    return {};
  }
  Status operator()(const action::EndClient& ended) {
    self.server_.EndClient(Test().status.run_id, ended.instance, ended.why);
    return {};
  }
  Status operator()(const action::StopRun&) {
    self.server_.Stop(Test().status.run_id);
    return {};
  }
  Status operator()(const action::ReleaseRun&) {
    self.server_.Release(Test().status.run_id);
    return {};
  }
  Status operator()(const action::RemoveRun&) {
    self.server_.RemoveRun(Test().status.run_id);
    outcome.requeue = kAtOnce;
    return {};
  }

  Status operator()(const action::SaveCheckpoint&) {
    std::string bytes = self.server_.Checkpoint(Test().status.run_id);
    if (bytes.empty()) return {};
    if (auto ok = ApplyChild(kube::kConfigMaps, BuildCheckpoint(Test(), bytes)); !ok) return ok;
    self.server_.CheckpointKept(Test().status.run_id, bytes);
    memory.saved_checkpoint = std::move(bytes);
    return {};
  }

  Status operator()(const action::CreateChurnPod&) {
    return ApplyChild(kube::kPods, BuildChurnPod(Test(), self.options_));
  }
  Status operator()(const action::DeleteChurnPod&) {
    return self.client_.Delete(kube::kPods, Test().meta.ns, ChildName(Test(), kChurn));
  }
  Status operator()(const action::ApplyClients&) {
    return ApplyChild(kube::kDeployments, BuildClients(Test(), self.options_));
  }
  Status operator()(const action::ScaleClients& scale) {
    auto scaled = self.client_.MergePatch(kube::kDeployments, Test().meta.ns, ChildName(Test(), kClient),
                                          {{"spec", {{"replicas", scale.replicas}}}});
    if (!scaled) return Fail(scaled.error());
    return {};
  }
  Status operator()(const action::DeleteClients&) {
    return self.client_.Delete(kube::kDeployments, Test().meta.ns, ChildName(Test(), kClient));
  }

  Status operator()(const action::DeleteWorkload&) {
    const std::string selector = fmt::format("{}={},{}=workload", kTestLabel, Test().meta.name, kComponentLabel);
    for (const kube::Resource* kind : {&kube::kDeployments, &kube::kServices}) {
      const auto found = self.client_.List(*kind, Test().meta.ns, selector);
      if (!found) return Fail(found.error());
      for (const json& each : found->items) {
        if (auto ok = self.client_.Delete(*kind, Test().meta.ns, kube::KeyOf(each).name); !ok) return ok;
      }
    }
    memory.workload_deleted = true;
    outcome.requeue = kAtOnce;
    return {};
  }

  Status operator()(const action::DeleteChildren&) {
    for (const auto& [kind, name] : ChildrenOf(Test())) {
      const auto child = self.client_.Get(kind, Test().meta.ns, name);
      if (!child && IsNotFound(child.error())) continue;
      if (!child) return Fail(child.error());
      if (!IsChildOf(*child, Test())) continue;
      if (auto ok = self.client_.Delete(kind, Test().meta.ns, name); !ok) return ok;
    }
    memory.children_deleted = true;
    outcome.requeue = kAtOnce;
    return {};
  }

  Status operator()(const action::DeleteReport& old) {
    auto ok = self.client_.Delete(kube::kConfigMaps, Test().meta.ns, old.config_map);
    unreported = unreported || !ok;
    return ok;
  }

  Status operator()(const action::WriteReport& write) {
    auto facts = ReportFactsOf(Test(), write.status, *seen.run);
    facts.calibration = self.calibration_;
    const auto report = report::Gather(facts, *seen.run, write.verdict);
    auto ok =
        ApplyChild(kube::kConfigMaps, BuildReport(Test(), report::WriteReport(report), report::MakeJUnit(report)));
    unreported = !ok.has_value();
    if (unreported) ++memory.report_failures;
    return ok;
  }

  Status operator()(const action::PatchStatus& patch) {
    if (unreported) return {};
    const MonoTime now = self.clock_.Mono();
    if (!patch.urgent && memory.status_written && now - *memory.status_written < kStatusEvery) {
      outcome.requeue = kStatusEvery - (now - *memory.status_written);
      return {};
    }
    const std::string& version = Test().meta.resource_version;
    auto done = self.client_.MergePatch(
        kLoadTests, Test().meta.ns, Test().meta.name,
        {{"metadata", {{"resourceVersion", version}}}, {"status", StatusToJson(patch.status)}}, "status");
    if (!done) {
      outcome.conflict = IsConflict(done.error());
      if (outcome.conflict || IsNotFound(done.error())) return {};
      return Fail(done.error());
    }
    written = true;
    if (patch.status.phase != Test().status.phase || patch.status.reason != Test().status.reason) {
      log::Info("phase", {{"phase", std::string(PhaseName(patch.status.phase))},
                          {"reason", patch.status.reason},
                          {"message", patch.status.message}});
    }
    memory.status_written = now;
    memory.written_over = version;
    if (IsTerminal(patch.status.phase) && !IsTerminal(Test().status.phase) && self.events_.on_verdict) {
      self.events_.on_verdict(patch.status.verdict);
    }
    return {};
  }

  Status operator()(const action::EmitEvent& event) {
    // An event tells of what is written, and is not told again when the write is repeated.
    if (written && self.events_.emit) self.events_.emit(Test(), event);
    return {};
  }
};

Applier::Outcome Applier::Apply(const Plan& plan, const Observed& seen, Memory& memory) {
  Outcome outcome;
  Doer doer{*this, seen, memory, outcome};
  std::optional<ApplyTrouble> trouble;
  for (const Action& each : plan.actions) {
    if (outcome.error && !MayFollowFailure(each)) continue;
    const Status done = std::visit(doer, each);
    if (done) continue;
    if (!IsAboutStatus(each) && !outcome.error) trouble = ApplyTrouble{std::visit(Namer{}, each), done.error()};
    if (!outcome.error) outcome.error = done.error();
  }
  // What another pass will settle by itself is not worth telling anybody.
  if (trouble && (IsConflict(trouble->error) || IsAlreadyExists(trouble->error))) trouble.reset();
  memory.trouble = std::move(trouble);
  return outcome;
}

}  // namespace dst_load::op
