#include "operator/schedule_controller.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/log_scope.h"
#include "base/random.h"
#include "kube/event_recorder.h"
#include "kube/informer.h"
#include "kube/wait.h"
#include "kube/work_queue.h"
#include "operator/children.h"
#include "operator/load_test_watch.h"
#include "operator/reasons.h"
#include "operator/schedule_reconcile.h"

namespace dst_load::op {
namespace {

/// How long to wait for the watch to bring our own write, before looking again at what may be an old view.
constexpr Micros kStaleWait = std::chrono::milliseconds{200};
constexpr kube::Backoff kBackoff{std::chrono::milliseconds{100}, std::chrono::minutes{1}};

kube::WatcherOptions Watching(const ScheduleOptions& options) {
  kube::WatcherOptions out;
  out.ns = options.watch_namespace;
  return out;
}

class Running final : public ScheduleController {
 public:
  Running(kube::Client& client, LoadTestWatch& tests, ScheduleOptions options, kube::EventRecorder* recorder,
          OperatorMetrics& metrics, const Clock& clock)
      : client_(client),
        tests_(tests),
        options_(std::move(options)),
        recorder_(recorder),
        metrics_(metrics),
        queue_(clock, kBackoff),
        clock_(clock),
        schedules_(
            client, kSchedules, Watching(options_), clock,
            [](const nlohmann::json& object) -> Result<Schedule> { return ParseSchedule(object); },
            [this](const auto& change) { queue_.Add(change.key); }),
        listening_(tests, [this](const auto& change) { AddSchedulesOf(change); }),
        worker_([this](const std::stop_token& stop) { Work(stop); }) {
    metrics_.SetScheduleQueue([this] { return queue_.Snapshot(); });
    metrics_.MaxWorkers(1, ControllerKind::kSchedule);
  }
  ~Running() override { metrics_.SetScheduleQueue({}); }

 private:
  /// Of both sides of a change: a test may have lost its label.
  void AddSchedulesOf(const LoadTestWatch::Change& change) {
    for (const auto& seen : {change.previous, change.current}) {
      if (seen && !seen->scheduled.schedule.empty()) queue_.Add({change.key.ns, seen->scheduled.schedule});
    }
  }

  void Work(const std::stop_token& stop) {
    while (!schedules_.Synced() || !tests_.Synced()) {
      if (!kube::WaitFor(stop, std::chrono::milliseconds{50})) return;
    }
    while (const auto key = queue_.Pop(stop)) {
      metrics_.WorkerActive(true, ControllerKind::kSchedule);
      const MonoTime started = clock_.Mono();
      const std::string_view result = Process(*key);
      metrics_.Reconciled(result, clock_.Mono() - started, ControllerKind::kSchedule);
      metrics_.WorkerActive(false, ControllerKind::kSchedule);
      queue_.Done(*key);
    }
  }

  /// One pass for one schedule; the result as the metric names it.
  std::string_view Process(const kube::ObjectKey& key) {
    const auto schedule = schedules_.Store().Get(key);
    const log::Scope about{
        {"controller", "loadtestschedule"}, {"namespace", key.ns}, {"name", key.name}, {"reconcileID", RandomHex(8)}};
    if (!schedule) {
      troubles_.erase(key);
      queue_.Forget(key);
      return "success";
    }
    ObservedSchedule seen = Look(*schedule);
    SchedulePlan plan = ReconcileSchedule(seen, clock_.Wall());
    if (Makes(plan) && schedule->spec.concurrency != Concurrency::kAllow) {
      if (const Status looked = LookForLeftovers(seen); !looked) return Again(key, looked.error());
      plan = ReconcileSchedule(seen, clock_.Wall());
    }
    if (plan.requeue) queue_.AddAfter(key, *plan.requeue);
    for (const ScheduleAction& each : plan.actions) {
      const Status done = std::visit([&](const auto& action) { return Do(seen, action); }, each);
      if (!done) return Again(key, done.error());
    }
    queue_.Forget(key);
    return plan.requeue ? "requeue_after" : "success";
  }

  std::string_view Again(const kube::ObjectKey& key, const Error& error) {
    if (IsCancelled(error)) return "requeue";
    // How a stale view ends.
    if (IsConflict(error) || IsNotFound(error)) {
      queue_.AddAfter(key, kStaleWait);
      return "requeue_after";
    }
    queue_.AddRateLimited(key);
    return "error";
  }

  static bool Makes(const SchedulePlan& plan) {
    return std::any_of(plan.actions.begin(), plan.actions.end(), [](const ScheduleAction& each) {
      return std::holds_alternative<schedule_action::CreateTest>(each);
    });
  }

  /// Finds the tests of this schedule whose workload is there, those included that are not there themselves.
  Status LookForLeftovers(ObservedSchedule& seen) {
    const Meta& meta = seen.schedule.meta;
    const std::string selector = fmt::format("{}=workload,{}", kComponentLabel, kTestLabel);
    std::set<std::string> names;
    for (const kube::Resource* kind : {&kube::kDeployments, &kube::kServices}) {
      const auto found = client_.List(*kind, meta.ns, selector);
      if (!found) return Fail(found.error());
      for (const nlohmann::json& each : found->items) {
        const std::string test = each.at("metadata").at("labels").value(std::string(kTestLabel), "");
        if (IsScheduledName(seen.schedule, test)) names.insert(test);
      }
    }
    seen.leftovers.assign(names.begin(), names.end());
    return {};
  }

  ObservedSchedule Look(const Schedule& schedule) const {
    ObservedSchedule seen;
    seen.schedule = schedule;
    for (const auto& each : tests_.Store().Select([&](const WatchedTest& each) {
           return each.test.meta.ns == schedule.meta.ns && each.scheduled.schedule == schedule.meta.name;
         })) {
      seen.tests.push_back(each->scheduled);
    }
    seen.zone = LoadTimeZone(schedule.spec.time_zone, options_.zone_folder);
    const auto trouble = troubles_.find({schedule.meta.ns, schedule.meta.name});
    if (trouble != troubles_.end()) seen.trouble = trouble->second;
    return seen;
  }

  Status Do(const ObservedSchedule& seen, const schedule_action::CreateTest& create) {
    const Meta& meta = seen.schedule.meta;
    const std::string name = ScheduledName(seen.schedule, create.at);
    auto made = client_.Create(kLoadTests, meta.ns, BuildScheduledTest(seen.schedule, create.at));
    if (!made && IsAlreadyExists(made.error())) made = Ours(seen, name);
    if (!made) return Refused(seen, made.error());
    troubles_.erase({meta.ns, meta.name});
    Tell(seen, kube::EventType::kNormal, reason::kTestCreated, "made LoadTest " + name);
    return {};
  }

  /// The LoadTest of this name, if this schedule made it before.
  Result<nlohmann::json> Ours(const ObservedSchedule& seen, const std::string& name) {
    auto held = client_.Get(kLoadTests, seen.schedule.meta.ns, name);
    if (held && ParseScheduledTest(*held).owner_uid != seen.schedule.meta.uid) {
      return Fail(Code::kInvalid, fmt::format("LoadTest {} exists and is not of this schedule", name));
    }
    return held;
  }

  Status Refused(const ObservedSchedule& seen, const Error& error) {
    const kube::ObjectKey key{seen.schedule.meta.ns, seen.schedule.meta.name};
    if (IsCancelled(error)) return Fail(error);
    if (!seen.trouble || seen.trouble->message != error.message) {
      log::Warn("scheduled LoadTest not made", {{"error", error.message}});
      Tell(seen, kube::EventType::kWarning, reason::kTestNotCreated, error.message);
    }
    troubles_.insert_or_assign(key, error);
    return Fail(error);
  }

  Status Do(const ObservedSchedule& seen, const schedule_action::DeleteTest& remove) {
    if (auto ok = client_.Delete(kLoadTests, seen.schedule.meta.ns, remove.name); !ok) return ok;
    Tell(seen, kube::EventType::kNormal, reason::kTestDeleted,
         fmt::format("deleted LoadTest {}: {}", remove.name, remove.why));
    return {};
  }

  Status Do(const ObservedSchedule& seen, const schedule_action::PatchStatus& patch) {
    const Meta& meta = seen.schedule.meta;
    const auto done = client_.MergePatch(
        kSchedules, meta.ns, meta.name,
        {{"metadata", {{"resourceVersion", meta.resource_version}}}, {"status", StatusToJson(patch.status)}}, "status");
    if (!done) return Fail(done.error());
    return {};
  }

  void Tell(const ObservedSchedule& seen, kube::EventType type, std::string_view reason, const std::string& note) {
    if (recorder_ == nullptr) return;
    const Meta& meta = seen.schedule.meta;
    recorder_->Record({kSchedules.ApiVersion(), std::string(kSchedules.kind), meta.ns, meta.name, meta.uid}, type,
                      std::string(reason), "Reconcile", note);
  }

  kube::Client& client_;
  LoadTestWatch& tests_;
  const ScheduleOptions options_;
  kube::EventRecorder* const recorder_;
  OperatorMetrics& metrics_;
  kube::WorkQueue queue_;
  const Clock& clock_;
  std::map<kube::ObjectKey, Error> troubles_;  ///< the worker's own: what the last pass could not make
  kube::Informer<Schedule> schedules_;
  LoadTestWatch::Listening listening_;
  std::jthread worker_;  ///< last: it uses all of the above
};

}  // namespace

std::unique_ptr<ScheduleController> ScheduleController::Start(kube::Client& client, LoadTestWatch& tests,
                                                              ScheduleOptions options, kube::EventRecorder* recorder,
                                                              OperatorMetrics& metrics, const Clock& clock) {
  return std::make_unique<Running>(client, tests, std::move(options), recorder, metrics, clock);
}

}  // namespace dst_load::op
