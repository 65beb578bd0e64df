#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>

#include "base/error.h"
#include "coordination/worker_session.h"
#include "measure/truth.h"

namespace dst_load::coordination {

/// The truth of a run as one end of a session keeps it: the current state, and the newest changes that led to it
/// together with the state before them. What falls out of the history is folded into that state. Pure. Not thread-safe.
class TruthLog {
 public:
  /// More endpoints than any run has.
  static constexpr std::size_t kMaxEndpoints = 1'000'000;

  explicit TruthLog(std::size_t capacity = 100'000, std::size_t max_endpoints = kMaxEndpoints)
      : capacity_(capacity), max_endpoints_(max_endpoints) {}

  /// False until the first Reset.
  bool Known() const { return known_; }
  /// Newest change contained; the state's seq when there is none since.
  measure::Seq Last() const { return current_.seq; }
  const measure::TruthState& State() const { return current_; }

  /// Starts from `state`, forgetting all that was known before.
  void Reset(measure::TruthState state);
  /// Appends history; changes at or below Last() are skipped.
  /// Errors, changing nothing: kInvalid for a hole, an unknown service, or when nothing is known yet; kThrottled for
  /// more endpoints than may be held.
  Status Append(std::span<const measure::Change> changes);

  /// What follows `from`, at most `limit` changes; nullopt when the history does not reach back that far, or not up to
  /// it.
  std::optional<std::vector<measure::Change>> Since(measure::Seq from, std::size_t limit) const;
  /// The state before the retained history.
  const measure::TruthState& Base() const { return base_; }

 private:
  std::size_t capacity_;
  std::size_t max_endpoints_;
  bool known_ = false;
  std::size_t held_ = 0;  ///< endpoints in current_
  measure::TruthState base_;
  measure::TruthState current_;
  std::deque<measure::Change> history_;
};

}  // namespace dst_load::coordination
