#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/anchored_clock.h"
#include "coordination/call.h"
#include "coordination/first_time.h"
#include "coordination/merge_cache.h"
#include "coordination/run.h"
#include "coordination/server.h"

namespace dst_load::coordination {

/// Serves the sessions: one thread takes what completes on one queue, applies it to the runs and writes what each
/// worker is to be told. All state is under one lock, held shortly: parsing messages and merging views happen outside.
class ServerImpl final : public Server {
 public:
  ServerImpl(ServerOptions options, const Clock& clock, std::function<void(const std::string&)> on_change)
      : options_(std::move(options)), clock_(clock), on_change_(std::move(on_change)) {}
  ~ServerImpl() override;
  /// Errors: kUnavailable when the port is taken, kInvalid for an unusable identity.
  Status Start();

  std::uint16_t Port() const override { return port_; }
  Status AddRun(RunSpec spec, const std::string& checkpoint) override;
  bool HasRun(const std::string& run_id) const override;
  void Expect(const std::string& run_id, std::uint64_t clients, std::uint64_t streams) override;
  void Suspend(const std::string& run_id, bool suspended) override;
  void Stop(const std::string& run_id) override;
  void EndClient(const std::string& run_id, const std::string& instance, const std::string& why) override;
  void Release(const std::string& run_id) override;
  void RemoveRun(const std::string& run_id) override;
  std::optional<RunView> View(const std::string& run_id) const override;
  std::string Checkpoint(const std::string& run_id) const override;
  void CheckpointKept(const std::string& run_id, const std::string& bytes) override;
  ServerStats Stats() const override;

 private:
  static constexpr Micros kTick = std::chrono::milliseconds{200};
  static constexpr Micros kHelloWithin = std::chrono::seconds{10};
  static constexpr Micros kEndWithin = std::chrono::seconds{5};
  static constexpr Micros kNotifyEvery = std::chrono::milliseconds{250};

  struct Entry {
    explicit Entry(RunSpec spec) : run(std::move(spec)) {}
    Run run;
    std::uint64_t notified_revision = 0;
    Stage notified_stage = Stage::kGathering;
    MonoTime notified_at{};
    mutable std::uint64_t saved_revision = 0;
    mutable std::string saved;
    mutable MergeCache merged;
  };

  void Loop();
  Call::Tag TagOf(const void* tag) const;
  void OnEvent(const Call::Tag& tag, bool ok);
  void OnAccepted(Call& call, bool ok);
  void OnRead(Call& call, bool ok);
  void OnTick(MonoTime now);
  void PaceReports();
  void NotifyChanges(MonoTime now);

  // With the lock held.
  void AcceptNext();
  std::size_t Strangers() const;
  void Take(Call& call, Result<v1::WorkerMessage> message, WallTime arrived);
  void TakeHello(Call& call, const v1::WorkerMessage& message);
  Status Apply(Run& run, const Call& call, v1::WorkerMessage& message, WallTime arrived);
  void RefuseForRun(Call& call, const std::string& run_id);
  void RefuseFor(Call& call, const Error& error);
  void Refuse(Call& call, grpc::StatusCode code, const std::string& why, std::uint64_t& counter);
  void EndCall(AttachmentId id, grpc::StatusCode code, const std::string& why);
  void Leave(Call& call);
  void WatchDeadline(Call& call, MonoTime now);
  void Pump(Call& call, Run& run);
  void PumpAll(Run& run);
  template <class Change>
  void ChangeRun(const std::string& run_id, Change change);

  const ServerOptions options_;
  const AnchoredClock clock_;  ///< probes of before and after a step must not be compared
  const std::function<void(const std::string&)> on_change_;
  std::uint16_t port_ = 0;

  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;

  mutable std::mutex mutex_;
  bool queue_closed_ = false;
  std::map<std::string, Entry> runs_;
  std::map<AttachmentId, std::unique_ptr<Call>> calls_;
  AttachmentId last_id_ = 0;
  FirstTime unknown_runs_;  ///< asked for by workers
  ServerStats stats_;
  MonoTime next_tick_{};  ///< the loop's own
  std::jthread thread_;   ///< ends when the queue is shut down
};

}  // namespace dst_load::coordination
