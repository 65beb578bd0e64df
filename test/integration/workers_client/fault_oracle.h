#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "loopback_run.h"
#include "measure/snapshot.h"

namespace dst_load::workers::test {

using Violations = std::array<std::uint64_t, measure::kInvariantCount>;

/// What a script and its faults must come to: told the same changes, and with faults from the same plan, it keeps every
/// stream's set the slow way and counts what the rules of measure/ledger.h call a violation. Knows nothing of how the
/// client does it, of time, or of the network: a change, everything it makes streams be told, and later a deadline.
///
/// For streams that the server does not end. Not thread-safe.
class FaultOracle {
 public:
  FaultOracle(const reference::FaultPlan& plan, const std::vector<std::string>& services, unsigned streams_per_service);
  ~FaultOracle();

  /// The truth before the start.
  void Begin(std::size_t service, const Addresses& ready);
  /// All streams are opened, again if they were open.
  void Open();
  void Set(std::size_t service, const Addresses& ready);
  /// The deadline has passed since whatever was called last.
  void Settle();
  void Conclude();

  const Violations& Expected() const { return violations_; }
  reference::FaultCounts Faults() const { return topics_.Faults(); }
  /// Messages told to all streams.
  std::uint64_t Messages() const { return messages_; }

 private:
  struct Stream;
  struct Service;

  void Offend(measure::Invariant invariant, std::uint64_t count = 1);
  void SettleStream(const Service& service, Stream& stream);
  void SettleService(Service& service);

  reference::Topics topics_;
  std::deque<Service> services_;
  Violations violations_{};
  std::uint64_t messages_ = 0;
};

}  // namespace dst_load::workers::test
