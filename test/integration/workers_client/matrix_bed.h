#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "fault_oracle.h"
#include "loopback_run.h"

namespace dst_load::workers::test {

/// The reference destination with faults, the client that it is to mislead, and the oracle that knows how. Time is the
/// test's own, and stands still while messages travel: what the client counts depends on the script and the faults
/// alone, not on the machine.
class MatrixBed {
 public:
  static constexpr unsigned kStreams = 4;  ///< a service
  static constexpr Micros kDeadline = std::chrono::seconds{60};

  MatrixBed(const std::vector<std::string>& faults, const std::vector<std::string>& services);

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

  LoopbackRun& Run() { return run_; }
  const FaultOracle& Oracle() const { return oracle_; }

 private:
  void Advance(Micros by);
  void AwaitQuiet();

  FakeClock clock_;
  LoopbackRun run_;
  FaultOracle oracle_;
};

}  // namespace dst_load::workers::test
