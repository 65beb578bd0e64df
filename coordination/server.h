#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "coordination/progress.h"
#include "coordination/tls.h"
#include "measure/snapshot.h"
#include "measure/verdict.h"

namespace dst_load::coordination {

/// A run's stage, decided by the coordinator alone:
/// Gathering (workers attach, churn creates, clients join) -> Running (the barrier is passed: churn was told to start)
/// -> Draining (churn finished or was stopped; clients wait for what is pending) -> Concluded (every client reported,
/// or the drain deadline passed) -> Released.
enum class Stage { kGathering, kRunning, kDraining, kConcluded, kReleased };
std::string_view StageName(Stage stage);

struct RunSpec {
  std::string run_id;
  std::string token;  ///< secret
  std::uint64_t clients_expected = 0;
  std::uint64_t streams_expected = 0;  ///< all clients together
  Micros drain_deadline = std::chrono::seconds{90};
  bool suspended = false;  ///< see Server::Suspend
  /// The newest reports of all its clients together; a client whose report does not fit is ended.
  std::size_t max_report_bytes = std::size_t{512} << 20;
  std::string owner_ns{}, owner_name{};  ///< the LoadTest, for logs; empty: none
  /// Somebody keeps its checkpoints, and says so with Server::CheckpointKept: a client's last report is acknowledged,
  /// and the client free to go, only once a kept one holds it.
  bool checkpointed = false;
};

/// What became of a worker. An instance has one fate at a time, and is counted by it once.
enum class Fate {
  kPresent,
  kAway,       ///< its session broke off: it may come back
  kConcluded,  ///< client: delivered its final figures at the end of the run
  kRetired,    ///< client: told to end before the run did (scaled down, drained), and delivered its final figures
  kLost,       ///< client: gone for good without them, after the run had started
  kLeft,       ///< client: the same before that: nobody misses it
};
std::string_view FateName(Fate fate);  ///< "Present", "Lost", ...

struct WorkerView {
  std::string instance;
  std::string pod;
  bool churn = false;
  bool attached = false;
  bool concluded = false;
  std::string trouble;
  /// Wall clock minus the coordinator's, by the probe of least round trip; and half that round trip.
  Micros clock_offset{0};
  Micros clock_error{0};
  Fate fate = Fate::kPresent;
  std::string why{};                     ///< of one that is lost, as far as somebody knows: "OOMKilled, exit code 137"
  Micros away{0};                        ///< since its session broke off
  std::optional<Micros> attached_ago{};  ///< since it attached last; nullopt: to another coordinator than this one
};

/// What the coordinator knows of one run, merged over workers, gone ones included (their gauges are not).
struct RunView {
  Stage stage = Stage::kGathering;
  bool churn_attached = false;
  bool suspended = false;
  ChurnProgress progress;
  measure::ChurnSnapshot churn;
  measure::ClientSnapshot clients;
  std::uint64_t clients_attached = 0;  ///< but for those that have reported for the last time
  std::uint64_t clients_joined = 0;    ///< of these, those whose streams all joined
  std::uint64_t workers_lost = 0;      ///< instances that are not attached, without their final report
  measure::RunFacts facts;             ///< for measure::Judge
  std::vector<WorkerView> workers;
  std::vector<std::string> offences;  ///< at most 20
  std::string trouble;                ///< newest of any worker
};

struct ServerOptions {
  std::string bind = "0.0.0.0";
  std::uint16_t port = 9092;  ///< 0: a free one
  ServerIdentity identity;
  std::size_t max_message_bytes = 16 << 20;
  /// What a session may send: so many messages at once, and so many a second in the long run. A worker's own pace is
  /// far below; who sends more is ended.
  double message_burst = 5000;
  double messages_per_second = 1000;
  /// What the clients of all runs together report, about: each has the same share, and the Ack of a report, for which
  /// a client's next one waits, comes as late as its share demands. Beyond it is what brings news (all streams joined,
  /// concluded, retired), and that a client whose share is a report every half second sends one every 100 ms while a
  /// barrier waits for it. Nobody waits for more than a minute.
  double report_bytes_per_second = 16 << 20;
  /// Sessions that have not said yet who they are.
  std::size_t max_strangers = 256;
};

/// Sessions since the start, each counted once: accepted, or refused for this reason.
struct ServerStats {
  std::uint64_t attached = 0;
  std::uint64_t refused_token = 0;
  std::uint64_t refused_run = 0;
  std::uint64_t malformed = 0;
  std::uint64_t oversized = 0;  ///< a message beyond the limit; what is beyond twice of it gRPC breaks off uncounted
  std::uint64_t flooded = 0;    ///< too many messages, sessions, instances, or too much to remember
};

/// The coordinator: a gRPC server that holds the runs' sessions.
///
/// What bounds its memory: a session holds one message being read and one being written, whatever its peer sends or
/// does not read, for the next read waits for the last to be done, and directives are made when one can be written. A
/// run holds the newest report of each instance (Run::kMaxInstances, RunSpec::max_report_bytes) and one truth
/// (TruthLog::kMaxEndpoints, and a bounded history).
///
/// Thread-safe. `on_change` is called on its own threads with a run's id whenever its view may have changed; it must be
/// quick and must not call back. Destroying it cancels every session.
class Server {
 public:
  static Result<std::unique_ptr<Server>> Create(ServerOptions options, const Clock& clock,
                                                std::function<void(const std::string& run_id)> on_change);
  virtual ~Server() = default;

  virtual std::uint16_t Port() const = 0;
  /// Begins to take a run's workers. With a checkpoint (of Checkpoint()), goes on where another coordinator stopped.
  /// Errors: kAlreadyExists, kInvalid (checkpoint).
  virtual Status AddRun(RunSpec spec, const std::string& checkpoint = "") = 0;
  virtual bool HasRun(const std::string& run_id) const = 0;
  /// New expectations: client.replicas changed.
  virtual void Expect(const std::string& run_id, std::uint64_t clients, std::uint64_t streams) = 0;
  /// Churn pauses after its running step, or does not begin; or goes on where it was. Idempotent.
  virtual void Suspend(const std::string& run_id, bool suspended) = 0;
  /// Ends churn after its running step, then drains. Idempotent.
  virtual void Stop(const std::string& run_id) = 0;
  /// A client that is away will not come back, for its Pod is gone or its process is; `why` is for people. Of one whose
  /// end is known already, `why` is kept if there was none. Nothing happens to one that is attached. Idempotent.
  virtual void EndClient(const std::string& run_id, const std::string& instance, const std::string& why) = 0;
  /// Results are taken: workers clean up and exit. Idempotent.
  virtual void Release(const std::string& run_id) = 0;
  /// Forgets a run; its workers' sessions end.
  virtual void RemoveRun(const std::string& run_id) = 0;
  virtual std::optional<RunView> View(const std::string& run_id) const = 0;
  /// Bytes to keep for a fail-over; changes only when Run::SaveRevision does. Empty: nothing to keep.
  virtual std::string Checkpoint(const std::string& run_id) const = 0;
  /// `bytes`, of Checkpoint, are kept where another coordinator will find them. Older ones than the newest are ignored.
  /// Idempotent.
  virtual void CheckpointKept(const std::string& run_id, const std::string& bytes) = 0;
  virtual ServerStats Stats() const = 0;
};

}  // namespace dst_load::coordination
