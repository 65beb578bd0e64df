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
#include "measure/truth.h"

namespace dst_load::coordination {

struct SessionOptions {
  std::string address;  ///< "host:port"; every address the name resolves to is tried
  Credentials credentials;
  std::string server_name = "dst-load-coordinator";  ///< name in the server's certificate
  std::string run_id;
  std::string instance;  ///< unique to the process
  std::string pod;
  Micros backoff_min = std::chrono::milliseconds{200};
  Micros backoff_max = std::chrono::seconds{5};
};

/// A piece of truth as relayed: a state, or history, or a state followed by history.
struct TruthUpdate {
  std::optional<measure::TruthState> state;
  std::vector<measure::Change> changes;
};

/// What a churn worker learns when it attaches.
struct Welcome {
  bool started = false;
  std::optional<ChurnProgress> last_progress;  ///< of an earlier instance
  std::optional<TruthUpdate> truth;            ///< as last known
  bool suspended = false;                      ///< churn is to pause after its running step
};

/// How far the client's wall clock is ahead of the churn worker's, and how far that may be wrong.
struct ClockOffset {
  Micros offset{0};
  Micros error{0};
  bool operator==(const ClockOffset&) const = default;
};

/// What a client worker tells, beside its snapshot.
struct ClientStatus {
  bool concluded = false;
  std::string trouble;
  std::vector<std::string> offences;
  /// Its last report: the process ends. If it has not concluded, what is pending on it is given up.
  bool retired = false;
};

/// Called on the session's thread; must be quick, may call the session, must not destroy it. Any may be empty. After a
/// reattachment all but on_truth may be repeated.
struct ClientHandlers {
  std::function<void(const TruthUpdate&)> on_truth;
  std::function<void(measure::Seq last_seq)> on_drain;
  std::function<void(const ClockOffset&)> on_clock;
  /// Everything that is true by now has been told; comes again and again while that is so.
  std::function<void()> on_truth_current;
  std::function<void()> on_release;
};
struct ChurnHandlers {
  std::function<void(const Welcome&)> on_welcome;  ///< at each attach, before anything else
  std::function<void()> on_start;
  std::function<void(bool suspended)> on_pace;  ///< what the welcome said has changed
  std::function<void()> on_stop;
  std::function<void()> on_release;
};

/// A worker's side of the session: attaches, answers clock probes, and reattaches with backoff and jitter when it
/// breaks. Snapshots are cumulative, so only the newest is kept while detached. Destroying it ends the session.
/// Thread-safe.
class ClientSession {
 public:
  static std::unique_ptr<ClientSession> Create(SessionOptions options, ClientHandlers handlers, const Clock& clock);
  virtual ~ClientSession() = default;
  virtual void Report(const measure::ClientSnapshot& snapshot, const ClientStatus& status) = 0;
  /// The history had a hole: asks for the state.
  virtual void RequestTruth() = 0;
  /// Blocks until the coordinator acknowledged the newest report, or `timeout` passed (false): before exiting. A
  /// session that is broken off is tried anew without long pauses from now on.
  virtual bool Flush(Micros timeout) = 0;
  virtual bool Attached() const = 0;
};

/// As above. Keeps the truth: the current state and the newest history (100,000 changes), re-sent at each attach.
class ChurnSession {
 public:
  static std::unique_ptr<ChurnSession> Create(SessionOptions options, ChurnHandlers handlers, const Clock& clock);
  virtual ~ChurnSession() = default;
  /// The state to start from. Call before the first Publish.
  virtual void SetState(const measure::TruthState& state) = 0;
  /// Contiguous with what was published before.
  virtual void Publish(const std::vector<measure::Change>& changes) = 0;
  virtual void Report(const ChurnProgress& progress, const measure::ChurnSnapshot& snapshot) = 0;
  /// Blocks until the coordinator acknowledged the newest report, or `timeout` passed (false): before exiting. A
  /// session that is broken off is tried anew without long pauses from now on.
  virtual bool Flush(Micros timeout) = 0;
  virtual bool Attached() const = 0;
};

}  // namespace dst_load::coordination
