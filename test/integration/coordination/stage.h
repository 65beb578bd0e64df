#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordination/server.h"
#include "coordination/worker_session.h"

namespace dst_load::coordination::test {

/// Where the players tell that something happened, and the test waits for what it wants. Thread-safe.
class Board {
 public:
  void Happened() {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  /// True once `wanted` holds; false after ten seconds. Looks again when something happened, and now and then.
  bool Await(const std::function<bool()>& wanted);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

/// What servers of one run share: an authority that outlives them, a token and a port.
struct Theatre {
  Theatre();
  SessionOptions Session(const std::string& instance, std::uint16_t port) const;
  std::unique_ptr<Server> Open(std::uint16_t port = 0);

  Board board;
  Authority authority;
  RunSpec spec;
  ServerOptions limits;  ///< of the servers it opens
};

/// A client with `streams` streams that follow the truth it is told: every change is credited once a stream.
class Client {
 public:
  Client(Theatre& theatre, const SessionOptions& options, std::uint64_t streams);

  ClientSession& Session() { return *session_; }
  measure::Seq TruthSeq() const;
  std::uint64_t Gaps() const;
  std::set<std::string> Addresses() const;
  bool Released() const;
  bool Concluded() const;
  /// Leaves this many updates pending, as if their streams had not seen them.
  void Withhold(std::uint64_t updates);
  /// Ends as it does when its Pod is scaled down or drained: with a final report, which the coordinator has then.
  bool Retire();

 private:
  void OnTruth(const TruthUpdate& update);
  void OnDrain(measure::Seq last_seq);
  void Report();

  Theatre& theatre_;
  const std::uint64_t streams_;
  mutable std::mutex mutex_;
  std::optional<measure::Seq> seq_;
  std::optional<measure::Seq> drain_;
  std::set<std::string> addresses_;
  std::uint64_t due_ = 0, withheld_ = 0, gaps_ = 0;
  bool concluded_ = false, released_ = false, retired_ = false;
  std::unique_ptr<ClientSession> session_;  ///< last: its thread uses the others
};

/// A churn worker of one service that does what the test says.
class Churn {
 public:
  Churn(Theatre& theatre, const SessionOptions& options);

  ChurnSession& Session() { return *session_; }
  void Report(ChurnStep step, std::uint32_t cycle = 0);
  /// Publishes `count` new endpoints.
  void Grow(int count);
  std::optional<Welcome> Welcomed() const;
  int Starts() const;
  int Stops() const;
  bool Suspended() const;
  bool Released() const;
  measure::Seq LastSeq() const;
  /// Begins with this state; that of a takeover, or the first.
  void Begin(const measure::TruthState& state);

 private:
  Theatre& theatre_;
  mutable std::mutex mutex_;
  std::optional<Welcome> welcome_;
  measure::Seq seq_ = 0;
  measure::ChurnSnapshot snapshot_;
  int starts_ = 0, stops_ = 0;
  bool released_ = false, suspended_ = false;
  std::unique_ptr<ChurnSession> session_;
};

}  // namespace dst_load::coordination::test
