#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/anchored_clock.h"
#include "base/error.h"
#include "base/time.h"
#include "coordination/worker_session.h"
#include "kube/client.h"
#include "workers/churn/options.h"
#include "workers/churn/periodic.h"
#include "workers/churn/result.h"
#include "workers/churn/resume.h"
#include "workers/churn/run_state.h"
#include "workers/churn/scaler.h"
#include "workers/churn/workload.h"

namespace dst_load::workers::churn {

/// One run of churn, from the first object created to the last one deleted.
///
/// Creates or adopts the workload, waits until its endpoints are there and, with a coordinator, until the clients are;
/// plays the schedule; waits until the truth has caught up with it and, with a coordinator, until its results are
/// taken; cleans up. With a coordinator it takes over from a worker that died. Threads: the caller's for the schedule,
/// one for the watch, one for the reports, the scaler's,
/// one that looks at the clocks and, where it is asked for, one that reads the destination service's metrics.
///
/// View is thread-safe. `client` and `machine` must outlive it.
class ChurnWorker {
 public:
  /// `session` is absent for a run without a coordinator; its run-wide fields are used as they are.
  ChurnWorker(ChurnOptions options, kube::Client& client, const Clock& machine,
              std::optional<coordination::SessionOptions> session);
  ~ChurnWorker();

  /// Blocks; once only. Returns within 10 s after `stop` was asked.
  Outcome Run(std::stop_token stop);
  RunView View() const { return state_.View(); }

 private:
  struct End {
    Ending ending = Ending::kDone;
    std::string reason, message;
  };

  End Drive(const std::stop_token& stop);
  std::optional<ResumePoint> Attach(const std::stop_token& stop);
  End DriveFresh(const std::stop_token& stop);
  End TakeOver(const ResumePoint& point, const std::stop_token& stop);
  End Conclude(const Position& finished, const std::stop_token& stop);
  End Play(Schedule& schedule, const std::stop_token& stop);
  void LetCatchUp(Schedule& schedule, const std::stop_token& stop);
  void KeepPace(Schedule& schedule, WallTime now);
  Status Ensure(const std::vector<std::uint32_t>& replicas, const std::stop_token& stop);
  bool AwaitEndpoints(const std::stop_token& stop);
  void StartThreads();
  void StartLooking();
  void StartReports();
  void StartPublishing();
  void Note(const Trouble& trouble);

  bool ShouldClean(Ending ending, bool handed_over) const;
  bool CleanUp();
  void Farewell(const std::stop_token& stop);

  ChurnOptions options_;
  const AnchoredClock clock_;
  const std::optional<coordination::SessionOptions> session_options_;
  std::vector<std::string> names_;
  Workload workload_;
  kube::Client& client_;
  RunState state_;
  std::atomic<MonoTime> clean_until_{MonoTime::max()};
  std::mutex welcome_mutex_;
  std::optional<coordination::Welcome> welcome_;
  std::unique_ptr<coordination::ChurnSession> session_;
  std::unique_ptr<Scaler> scaler_;
  std::optional<Periodic> look_out_;
  std::optional<Periodic> scrape_;
  std::jthread watch_;
  std::jthread report_;
};

}  // namespace dst_load::workers::churn
