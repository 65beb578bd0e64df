#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "coordination/clock_estimate.h"
#include "coordination/directive.h"
#include "coordination/report.h"
#include "coordination/server.h"
#include "coordination/truth_log.h"

namespace dst_load::coordination {

/// One attachment of a worker: another one each time it comes back.
using AttachmentId = std::uint64_t;

/// True for a client whose streams all joined.
bool HasJoined(const ClientReport& report);

/// Everything the coordinator holds of one worker instance. It outlives the worker: counts are never forgotten.
struct Worker {
  bool churn = false;
  std::string pod;
  std::optional<AttachmentId> attachment;  ///< nullopt: gone
  /// Shared with the views being merged outside of the lock; immutable.
  std::shared_ptr<const ClientReport> client;
  std::optional<ChurnReport> churn_report;
  bool superseded = false;  ///< may not come back: a newer churn instance took over, or its counts are in a sum
  /// When a checkpoint had no room for every gone client: this is one whose counts are in the sum, or the sum itself.
  enum class Fold { kNo, kMember, kSum } fold = Fold::kNo;
  bool folded_concluded = false, folded_retired = false;  ///< of a member
  std::uint64_t folded_joined = 0;                        ///< its streams that held the whole truth

  // Of a client.
  std::uint64_t last_words_in = 0;  ///< the SaveRevision that its last report came with; 0: it has not come
  bool last_words_kept = false;     ///< a checkpoint that holds it was written
  bool took_part = false;           ///< it was there when the run had started
  bool ended = false;               ///< it is away, and will not come back; or the run concluded without it
  std::string why;                  ///< it ended, for people
  MonoTime away_since{};

  // Of this attachment: what was said, and what is still to be said.
  bool welcomed = false, start_sent = false, stop_sent = false, release_sent = false;
  bool drain_sent = false;
  bool suspend_told = false;
  std::optional<measure::Seq> truth_known;  ///< client: relayed up to here; nullopt: knows nothing
  std::uint64_t report_number = 0, acked_number = 0;
  MonoTime ack_due{};  ///< not before
  ClockEstimate clock{};
  MonoTime next_probe{};
  std::optional<WallTime> probe_sent;  ///< not answered yet
  std::optional<ClockOffset> clock_told;
  MonoTime current_told{};  ///< client: that its truth is current
  MonoTime attached_at{};
  MonoTime last_heard{};
};

/// True for a client whose final report arrived.
bool HasConcluded(const Worker& worker);

bool HasRetired(const Worker& worker);
/// True for a client that has reported for the last time: its process ends.
bool SaidLastWords(const Worker& worker);
/// True for a client that is attached and stays: one that has said its last words only waits for their Ack.
bool IsThere(const Worker& client);
Fate FateOf(const Worker& worker);
/// Streams of a client that hold, or have held, the whole truth, by its newest report.
std::uint64_t StreamsJoined(const Worker& worker);

/// What a checkpoint holds.
struct Saved {
  bool started = false;
  std::uint64_t streams_peak = 0;
  std::uint64_t clients_most = 0;
  std::optional<ChurnProgress> progress;
  std::optional<measure::TruthState> truth;
  /// By instance. Of a client that is attached, and stays, only that it took part: its figures it brings along.
  std::map<std::string, Worker> workers;
};

/// The state of one run at the coordinator: who is attached, what they reported, which stage it is in, and what each
/// worker is to be told next. Pure: time and messages come in, directives are pulled out with Next. Not thread-safe.
class Run {
 public:
  static constexpr Micros kProbeEvery = std::chrono::seconds{2};
  /// How often clients are told that their truth is current, when it is.
  static constexpr Micros kCurrentEvery = std::chrono::seconds{1};
  /// A churn worker that has just attached may have history to tell; one not heard of may have changes.
  static constexpr Micros kChurnSettled = std::chrono::seconds{3};
  static constexpr Micros kChurnFresh = std::chrono::seconds{5};
  /// A worker that answers nothing for this long is gone, whatever TCP thinks.
  static constexpr Micros kSilence = std::chrono::seconds{20};
  /// A client that is away for this long does not come back, whatever its Pod is: longer than a fail-over takes, with
  /// the lease that must run out and the workers' backoff. While nobody at all is attached, the time does not begin.
  static constexpr Micros kMayReturn = std::chrono::seconds{60};
  /// Clients report no more often by themselves, but for every 100 ms while a barrier waits for them. An Ack that would
  /// be due sooner than this comes at once.
  static constexpr Micros kClientsOwnPace = std::chrono::milliseconds{500};
  /// Instances a run remembers: a bound against workers that crash forever.
  static constexpr std::size_t kMaxInstances = 4096;
  /// Changes in one Truth message.
  static constexpr std::size_t kTruthBatch = 1000;

  explicit Run(RunSpec spec) : spec_(std::move(spec)) {}
  /// Goes on where another coordinator stopped. Before anything else.
  void Restore(Saved saved, MonoTime now);
  Saved Save() const;
  /// What Save returned at this SaveRevision is kept where another coordinator will find it.
  void Kept(std::uint64_t save_revision);

  /// A worker introduced itself. Returns the attachments that end by it: an older one of the same instance, or the
  /// churn worker it replaces. Errors: kConflict for a churn instance that was replaced, kThrottled for too many
  /// instances.
  Result<std::vector<AttachmentId>> Attach(AttachmentId id, const Greeting& greeting, MonoTime now);
  void Detach(AttachmentId id, MonoTime now);

  /// Messages of attached workers; of others they are ignored. `number` is acknowledged.
  /// Errors (the attachment must end): kInvalid for what that role may not send, and for truth with a hole; kThrottled
  /// for more than a run remembers.
  Status OnClient(AttachmentId id, ClientReport report, std::uint64_t number, MonoTime now);
  Status OnChurn(AttachmentId id, ChurnReport report, std::uint64_t number, MonoTime now);
  Status OnTruth(AttachmentId id, TruthUpdate update, MonoTime now);
  Status OnTruthRequest(AttachmentId id, MonoTime now);
  void OnClockReply(AttachmentId id, WallTime sent, WallTime theirs, WallTime arrived, MonoTime now);

  /// See Server::EndClient.
  void EndClient(const std::string& instance, const std::string& why, MonoTime now);
  void Expect(std::uint64_t clients, std::uint64_t streams, MonoTime now);
  void Suspend(bool suspended, MonoTime now);
  void Stop(MonoTime now);
  void Release(MonoTime now);
  /// What a client may report from now on. The Ack of a report waits as long as its bytes take by that, if that is
  /// longer than a client waits by itself, and the client's next report waits for the Ack, unless it brings news (see
  /// Outbox). That of the report that concludes, and of last words, comes at once, unless the latter must be kept
  /// first: see RunSpec::checkpointed.
  void PaceReports(double bytes_per_second) { report_pace_ = bytes_per_second; }
  /// Time passed. Returns the attachments that fell silent: end them.
  std::vector<AttachmentId> Tick(MonoTime now);

  /// What this worker is to be told next, taken as said; nullopt when there is nothing now. `wall` stamps probes.
  std::optional<Directive> Next(AttachmentId id, WallTime wall, MonoTime now);

  const RunSpec& Spec() const { return spec_; }
  Stage CurrentStage() const { return stage_; }
  /// Grows when a view differs.
  std::uint64_t Revision() const { return revision_; }
  /// Grows when what Save returns should be kept: a worker is gone or about to be, or back; a client takes part; more
  /// clients are asked for; the stage moved; a cycle is complete; a clock was found set.
  std::uint64_t SaveRevision() const { return save_revision_; }
  std::vector<AttachmentId> Attachments() const;
  /// Client reports taken so far.
  std::uint64_t ReportsTaken() const { return reports_taken_; }

  /// The view without the merged snapshots, and what to merge: see FillView.
  struct Frozen {
    RunView view;
    struct Part {
      std::shared_ptr<const ClientReport> report;
      bool there = false;  ///< see IsThere
      std::string name;    ///< of its Pod, for people; else its instance
    };
    std::vector<Part> clients;
    std::uint64_t churns_begun = 0;  ///< churn instances that went beyond making their endpoints: each by its clock
  };
  Frozen Freeze(MonoTime now) const;

 private:
  Worker* Find(AttachmentId id);
  const Worker* AttachedChurn() const;
  void Changed(MonoTime now);
  bool Step(MonoTime now);
  bool StepFromGathering(MonoTime now);
  void Enter(Stage stage);
  void BeginDrain(MonoTime now);
  bool ChurnIsAt(ChurnStep from, ChurnStep to) const;
  bool BarrierReached() const;
  bool EverybodyConcluded() const;
  void Supersede(const std::string& by, std::vector<AttachmentId>& ended);
  bool NoticeOtherTime(const Worker& churn);
  void TakePart(Worker& worker);
  bool End(Worker& worker, const std::string& why);
  bool EndThoseAway(MonoTime now);
  void EndUnfinished();
  std::uint64_t StreamsJoined() const;
  bool MayAcknowledge(const Worker& worker) const;
  std::optional<Directive> NextForChurn(Worker& worker);
  std::optional<Directive> NextForClient(Worker& worker, MonoTime now);
  std::optional<Directive> NextTruth(Worker& worker);
  Micros AckWait(const Worker& before, const ClientReport& report) const;
  bool IsCurrent(const Worker& client, MonoTime now) const;
  std::optional<ClockOffset> NewClockOffset(const Worker& client) const;
  WelcomeDirective MakeWelcome(const Worker& worker) const;
  measure::RunFacts Facts() const;

  RunSpec spec_;
  Stage stage_ = Stage::kGathering;
  bool started_ = false, stop_asked_ = false;
  MonoTime drain_began_{};
  measure::Seq drain_seq_ = 0;
  std::optional<ChurnProgress> progress_;
  std::string churn_instance_;  ///< whose progress that is
  std::uint64_t streams_peak_ = 0;
  std::uint64_t clients_most_ = 0;  ///< asked for at one time, since the start
  std::size_t report_bytes_ = 0;    ///< held by workers_
  TruthLog truth_;
  measure::Seq newest_known_ = 0;  ///< newest seq that any client said it knows
  std::map<std::string, Worker> workers_;
  std::map<AttachmentId, std::string> attached_;
  double report_pace_ = std::numeric_limits<double>::infinity();
  std::uint64_t reports_taken_ = 0;
  MonoTime somebody_since_{};  ///< attached_ is not empty
  std::uint64_t revision_ = 1, save_revision_ = 0;
};

/// What the reports of all clients say together.
struct MergedReports {
  measure::ClientSnapshot clients;
  std::vector<std::string> clock_jumped, saturated;  ///< see measure::RunFacts
  std::optional<std::string> offence;                ///< one that only all of them together show
};
/// Takes a while with many clients: call it without a lock.
MergedReports MergeReports(const std::vector<Run::Frozen::Part>& clients);

/// The frozen view with the merged reports in it.
RunView FillView(const Run::Frozen& frozen, const MergedReports& merged);
inline RunView FillView(const Run::Frozen& frozen) { return FillView(frozen, MergeReports(frozen.clients)); }

}  // namespace dst_load::coordination
