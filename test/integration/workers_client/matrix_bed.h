#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "fault_oracle.h"
#include "workers/client/engine.h"
#include "workers/reference/server.h"

namespace dst_load::workers::test {

/// The reference destination with faults and the real client, judged, both in this process and with gRPC on loopback
/// between them. The test tells both of the truth, and the oracle as well. Time is the test's own and stands still while
/// messages travel: what the client counts depends on the script and the faults alone.
class MatrixBed {
 public:
  static constexpr unsigned kStreams = 4;  ///< a service
  static constexpr Micros kDeadline = std::chrono::seconds{60};

  MatrixBed(const std::vector<std::string>& faults, std::vector<std::string> services);
  ~MatrixBed();

  /// Opens all streams to this truth, by service.
  void Open(const std::vector<Addresses>& truth);
  /// Who learns of a change first.
  enum class First { kTruth, kDestination };
  /// A scale event makes these the ready endpoints of a service.
  void Set(std::size_t service, const Addresses& ready, First first = First::kTruth);
  /// Lets the deadline pass.
  void Settle();
  /// The client closes all streams, once, and opens them again.
  void Reopen();
  void Conclude();

  measure::ClientSnapshot Counts() { return engine_->View().snapshot; }
  std::vector<std::string> Offences() { return engine_->View().offences; }
  reference::ServerStats Stats() const { return server_->Stats(); }
  const FaultOracle& Oracle() const { return oracle_; }
  std::uint64_t Changes() const { return seq_; }

 private:
  void Advance(Micros by);
  void AwaitQuiet();
  void Tell(std::size_t service, const Addresses& ready);

  FakeClock clock_;
  std::vector<std::string> services_;
  reference::Topics topics_;
  std::unique_ptr<reference::Server> server_;
  std::unique_ptr<Engine> engine_;
  FaultOracle oracle_;
  std::vector<Addresses> truth_;
  measure::Seq seq_ = 0;
};

}  // namespace dst_load::workers::test
