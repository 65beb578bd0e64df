#include <set>

#include <catch2/catch.hpp>

#include "base/random.h"
#include "operator/children.h"
#include "operator/reconcile.h"
#include "operator/rerun.h"
#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

using coordination::ChurnStep;
using coordination::Stage;
using std::chrono::seconds;

/// A cluster, a coordinator and workers, as simple as they can be: actions change it, time lets workers get on.
class World {
 public:
  explicit World(double max_lost_percent) {
    seen_.test = sample::Test(Phase::kNone);
    seen_.test.spec.criteria.max_lost_percent = max_lost_percent;
    seen_.fresh_run_id = "run1";
  }

  const Observed& Seen() const { return seen_; }
  WallTime Now() const { return now_; }

  /// Carries out one action; false for a status write on a stale view, which ends the plan as a conflict does.
  bool Do(const Action& each, const Observed& view) {
    if (const auto* patch = std::get_if<action::PatchStatus>(&each)) return Write(*patch, view);
    const LoadTest& test = view.test;
    if (std::holds_alternative<action::CreateSecret>(each) && !seen_.secret) {
      seen_.secret = SecretView{test.meta.uid, test.status.run_id};
      ++secrets_made;
    }
    if (std::holds_alternative<action::DeleteSecret>(each)) seen_.secret.reset();
    if (std::holds_alternative<action::ApplySupport>(each)) seen_.support_applied = true;
    if (const auto* add = std::get_if<action::AddRun>(&each); add != nullptr && !seen_.run_known) {
      AddRun();
      seen_.run->suspended = add->suspended;
    }
    const auto* suspend = std::get_if<action::SuspendRun>(&each);
    if (suspend != nullptr && seen_.run) seen_.run->suspended = suspend->suspended;
    if (std::holds_alternative<action::CreateChurnPod>(each) && !seen_.churn_pod)
      seen_.churn_pod = sample::ChurnPod(test);
    if (std::holds_alternative<action::DeleteChurnPod>(each)) seen_.churn_pod.reset();
    if (std::holds_alternative<action::ApplyClients>(each)) {
      seen_.clients = sample::Healthy(Phase::kRunning).clients;
      seen_.clients->run_id = test.status.run_id;
    }
    if (std::holds_alternative<action::DeleteClients>(each)) seen_.clients.reset();
    if (const auto* ended = std::get_if<action::EndClient>(&each); ended != nullptr && seen_.run) End(*ended);
    if (std::holds_alternative<action::StopRun>(each)) stop_asked_ = true;
    if (std::holds_alternative<action::ReleaseRun>(each) && seen_.run) seen_.run->stage = Stage::kReleased;
    if (std::holds_alternative<action::RemoveRun>(each)) LoseRun();
    if (std::holds_alternative<action::DeleteWorkload>(each)) seen_.workload_deleted = true, workload_ = false;
    if (std::holds_alternative<action::DeleteChildren>(each)) DeleteChildren(view.test);
    if (std::holds_alternative<action::WriteReport>(each)) reports.insert(ReportName(test));
    if (const auto* old = std::get_if<action::DeleteReport>(&each)) reports.erase(old->config_map);
    return true;
  }

  /// A second goes by for the workers.
  void Tick() {
    now_ += seconds{1};
    seen_.run_age += seconds{1};
    if (!seen_.run) return;
    for (auto& client : seen_.run->workers) {
      if (client.fate == coordination::Fate::kAway) client.away += seconds{1};
    }
    const std::string& now = seen_.test.status.run_id;
    const bool churn = seen_.churn_pod && !seen_.churn_pod->Finished() && seen_.churn_pod->run_id == now;
    seen_.run->churn_attached = churn;
    seen_.run->clients_attached = seen_.clients ? 2 : 0;
    seen_.run->clients.streams_joined = seen_.clients ? 20 : 0;
    auto& run = *seen_.run;
    if (run.stage == Stage::kReleased) {
      if (churn) seen_.churn_pod->phase = "Succeeded";
      return;
    }
    workload_ = workload_ || churn;
    if (!churn || !seen_.clients) return;
    ++progress_;
    if (!barrier_passed_ && stop_asked_) return;
    barrier_passed_ = true;
    if (run.suspended && !stop_asked_) {
      --progress_;
      run.stage = Stage::kRunning;
      run.facts.started = true;
      return;
    }
    run.progress.step = progress_ > 12 || stop_asked_ ? ChurnStep::kFinished : ChurnStep::kHoldMax;
    run.progress.cycle = static_cast<std::uint32_t>(std::min(progress_ / 4, 3));
    run.clients.services[0].due = run.clients.services[0].credited = static_cast<std::uint64_t>(progress_);
    run.stage = run.progress.step == ChurnStep::kFinished ? Stage::kConcluded : Stage::kRunning;
    const auto lost = run.facts;
    run.facts = {true, run.stage == Stage::kConcluded, 2, 2, 20, 20};
    run.facts.streams_at_end = 20;
    run.facts.clients_lost = lost.clients_lost;
    run.facts.lost = lost.lost;
  }
  /// A client's Pod is killed, and another one made in its place.
  void KillClient() {
    if (!barrier_passed_ || !seen_.clients || IsTerminal(seen_.test.status.phase)) return;
    coordination::WorkerView dead;
    dead.instance = "client-" + std::to_string(killed_.size());
    dead.pod = "pod-of-" + dead.instance;
    dead.fate = coordination::Fate::kAway;
    killed_.push_back(dead);
    if (seen_.run) seen_.run->workers.push_back(dead);
  }
  std::size_t Killed() const { return killed_.size(); }

  void KillChurn() { seen_.churn_pod.reset(); }
  void EvictChurn() {
    if (seen_.churn_pod) seen_.churn_pod->phase = "Failed", seen_.churn_pod->reason = "Evicted";
  }
  void RestartOperator() {
    LoseRun(), seen_.support_applied = false, seen_.trouble.reset();
    seen_.workload_deleted = seen_.children_deleted = false;
  }
  void SetTtl(Micros ttl) { seen_.test.spec.ttl_after_finished = ttl; }
  void SetSuspended(bool suspended) { seen_.test.spec.suspend = suspended; }
  void AskRerun() { seen_.test.rerun_token = "again-" + std::to_string(++asked_); }
  bool HasWorkload() const { return workload_; }
  void AskStop() { seen_.test.spec.stop = true; }

  int secrets_made = 0;
  int conclusions = 0;
  int runs = 0;
  std::set<std::string> reports;
  std::uint64_t most_updates = 0;
  bool went_back = false;

 private:
  void AddRun() {
    seen_.run_known = true;
    seen_.run_age = Micros{0};
    seen_.run = coordination::RunView{};
    seen_.run->facts.clients_expected = 2;
    seen_.run->facts.streams_expected = 20;
    if (barrier_passed_) seen_.run->stage = Stage::kRunning, seen_.run->facts.started = true;
    // From the checkpoint: who was there, and who is known to be lost.
    seen_.run->workers = killed_;
    for (const auto& client : killed_) CountLost(client);
  }
  void CountLost(const coordination::WorkerView& client) {
    if (client.fate != coordination::Fate::kLost) return;
    ++seen_.run->facts.clients_lost;
    seen_.run->facts.lost.push_back(client.pod + ": " + client.why);
  }
  void End(const action::EndClient& ended) {
    for (std::size_t i = 0; i < killed_.size(); ++i) {
      auto& client = seen_.run->workers[i];
      if (client.instance != ended.instance || client.fate != coordination::Fate::kAway) continue;
      client.fate = coordination::Fate::kLost;
      client.why = ended.why;
      killed_[i] = client;
      CountLost(client);
    }
  }
  void DeleteChildren(const LoadTest& asked) {
    const auto is_child = [&](const auto& child) {
      return child && (child->run_id == asked.status.run_id ||
                       std::any_of(asked.status.history.begin(), asked.status.history.end(),
                                   [&](const PastRun& past) { return past.run_id == child->run_id; }));
    };
    if (is_child(seen_.churn_pod)) seen_.churn_pod.reset();
    if (is_child(seen_.clients)) seen_.clients.reset();
    if (is_child(seen_.secret)) seen_.secret.reset();
    seen_.children_deleted = true;
  }
  void LoseRun() { seen_.run_known = false, seen_.run.reset(); }

  /// Of the earlier run nothing may be at work, and nothing forgotten. What the process remembered of it goes.
  void BeginAnew(const LoadTestStatus& before, const LoadTestStatus& after) {
    const bool at_work =
        seen_.run_known || workload_ || seen_.clients || (seen_.churn_pod && !seen_.churn_pod->Finished());
    const bool lost = !before.run_id.empty() && (after.history.empty() || after.history[0].run_id != before.run_id);
    went_back = went_back || at_work || lost || after.client.updates != 0 || after.verdict != "";
    LoseRun();
    seen_.support_applied = seen_.workload_deleted = seen_.children_deleted = false;
    progress_ = 0;
    barrier_passed_ = stop_asked_ = false;
    killed_.clear();
  }

  bool Write(const action::PatchStatus& patch, const Observed& view) {
    if (view.test.meta.resource_version != seen_.test.meta.resource_version) return false;
    const LoadTestStatus before = seen_.test.status;
    if (IsTerminal(before.phase) && patch.status.run_id != before.run_id) {
      BeginAnew(before, patch.status);
    } else if (patch.status.phase < before.phase || patch.status.client.updates < before.client.updates ||
               (!before.run_id.empty() && patch.status.run_id != before.run_id)) {
      went_back = true;
    }
    if (!patch.status.run_id.empty() && patch.status.run_id != before.run_id) {
      seen_.fresh_run_id = "run" + std::to_string(++runs + 1);
    }
    if (IsTerminal(patch.status.phase) && !IsTerminal(before.phase)) ++conclusions;
    went_back = went_back || patch.status.client.lost > killed_.size();
    most_updates = std::max(most_updates, patch.status.client.updates);
    seen_.test.status = patch.status;
    seen_.test.meta.resource_version = std::to_string(++version_);
    return true;
  }

  Observed seen_;
  WallTime now_ = sample::kStart;
  int version_ = 7;
  int progress_ = 0;
  bool barrier_passed_ = false;
  bool stop_asked_ = false;
  bool workload_ = false;
  std::vector<coordination::WorkerView> killed_;  ///< clients of this run, as the coordinator's checkpoint has them
  int asked_ = 0;
};

/// One pass of a controller that may die in the middle, do things twice, and look at an old view.
void Pass(World& world, const Observed& view, Random& random, bool chaos) {
  const Plan plan = Reconcile(view, world.Now());
  for (const Action& each : plan.actions) {
    if (chaos && random.Below(6) == 0) return;
    if (!world.Do(each, view)) return;
    if (chaos && random.Below(6) == 0) world.Do(each, view);
  }
}

void Trouble(World& world, Random& random, bool may_stop, bool may_rerun, std::size_t may_kill) {
  switch (random.Below(15)) {
    case 14:
      if (world.Killed() < may_kill) world.KillClient();
      break;
    case 12:
      world.SetSuspended(true);
      break;
    case 13:
      world.SetSuspended(false);
      break;
    case 4:
      if (may_rerun && random.Below(3) == 0) world.AskRerun();
      break;
    case 0:
      world.KillChurn();
      break;
    case 1:
      world.EvictChurn();
      break;
    case 2:
      world.RestartOperator();
      break;
    case 3:
      if (may_stop) world.AskStop();
      break;
    default:
      break;
  }
}

TEST_CASE("Lost, repeated and stale passes converge to the same end", "[reconcile][model]") {
  const std::uint64_t seed = RandomSeed();
  INFO("seed " << seed);
  Random seeds(seed);
  for (int round = 0; round < 300; ++round) {
    Random random(seeds.Next());
    const bool tolerant = round % 4 < 2;
    World world(tolerant ? 50 : 10);
    const bool stops = round % 3 == 0;
    const bool expires = round % 2 == 0;
    const bool reruns = round % 5 < 3;
    const bool kills = round % 2 == 0;
    if (expires) world.SetTtl(seconds{random.Below(60)});
    Observed old = world.Seen();
    for (int step = 0; step < 60; ++step) {
      Trouble(world, random, stops, reruns, kills ? 1 : 0);
      const bool stale = random.Below(4) == 0;
      Pass(world, stale ? old : world.Seen(), random, true);
      old = world.Seen();
      world.Tick();
    }
    world.SetSuspended(false);
    for (int step = 0; step < 200; ++step) {
      Pass(world, world.Seen(), random, false);
      world.Tick();
    }
    const Observed& end = world.Seen();
    INFO("round " << round << ": " << end.test.status.reason << ", " << end.test.status.message);
    CHECK(IsTerminal(end.test.status.phase));
    CHECK(world.conclusions == std::max(world.runs, 1));
    CHECK_FALSE(world.went_back);
    CHECK(world.secrets_made <= world.runs);
    std::set<std::string> known{ReportName(end.test)};
    for (const PastRun& past : end.test.status.history) known.insert(ReportName(end.test, past.run_id));
    CHECK(std::includes(known.begin(), known.end(), world.reports.begin(), world.reports.end()));
    if (!end.test.status.report_config_map.empty()) CHECK(world.reports.contains(end.test.status.report_config_map));
    CHECK_FALSE(MayRerun(end.test));
    CHECK_FALSE(end.run_known);
    CHECK_FALSE(end.clients.has_value());
    const bool began = !end.test.status.run_id.empty();
    CHECK(end.workload_deleted == began);
    CHECK_FALSE(world.HasWorkload());
    CHECK(end.test.status.children_deleted_time.has_value() == (expires && began));
    if (expires) CHECK((!end.churn_pod && !end.secret));
    CHECK((!end.churn_pod || end.churn_pod->Finished()));
    CHECK(Reconcile(end, world.Now() + std::chrono::hours{1}).actions.empty());
    if (stops) continue;
    const std::uint64_t lost = end.test.status.client.lost;
    const bool passes = tolerant || lost == 0;
    CHECK(lost <= world.Killed());
    CHECK(end.test.status.phase == (passes ? Phase::kSucceeded : Phase::kFailed));
    CHECK(end.test.status.verdict == (passes ? "Pass" : "Inconclusive"));
    if (passes) CHECK(end.test.status.cycles == "3/3");
    if (!passes) CHECK(end.test.status.reason == "ClientsLost");
  }
}

}  // namespace
}  // namespace dst_load::op
