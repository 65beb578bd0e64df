#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "measure/ledger.h"
#include "measure/snapshot.h"

namespace dst_load::workers {

/// What a shard counts by itself: streams, and messages where no truth says what they are worth. Not thread-safe.
class Tally {
 public:
  explicit Tally(std::size_t services) : updates_(services), messages_(services) {}

  /// Endpoint adds and removes that a message names.
  void Updates(std::uint32_t service, std::size_t count) { updates_[service] += count; }
  /// A message on a stream that no ledger judges; `since_open` for the first one.
  void Message(std::uint32_t service) { ++messages_[service].messages; }
  void FirstMessage(std::uint32_t service, Micros since_open) { messages_[service].first_update.Record(since_open); }

  /// Counters and gauges of streams, to be written to directly.
  measure::ClientSnapshot streams;

  const std::vector<std::uint64_t>& UpdatesByService() const { return updates_; }
  /// `judged`: what a ledger says of the same streams; absent without truth.
  measure::ClientSnapshot Merged(const measure::ClientSnapshot* judged) const {
    measure::ClientSnapshot out = streams;
    if (judged != nullptr) {
      out.Merge(*judged);
      return out;
    }
    for (std::uint32_t i = 0; i < messages_.size(); ++i) out.services[i] = messages_[i];
    return out;
  }

 private:
  std::vector<std::uint64_t> updates_;
  std::vector<measure::ServiceCounts> messages_;
};

}  // namespace dst_load::workers
