#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "coordination/run.h"

namespace dst_load::coordination {

/// Merged reports to be used again for a while, so that merging those of many clients takes a tenth of a processor; but
/// for two seconds at most, for a verdict may be made of them. What is merged in a moment is not kept. Not thread-safe.
class MergeCache {
 public:
  /// What a run is at when its reports are merged.
  struct Key {
    Stage stage;
    std::uint64_t reports_taken;
  };

  /// Null when they are to be merged anew: it is time; the stage has moved; or the run has concluded, and each report
  /// counts for its verdict.
  std::shared_ptr<const MergedReports> Find(Key now_at, MonoTime now) const {
    if (now >= until_ || now_at.stage != key_.stage) return nullptr;
    if (now_at.stage >= Stage::kConcluded && now_at.reports_taken != key_.reports_taken) return nullptr;
    return merged_;
  }
  void Keep(std::shared_ptr<const MergedReports> merged, Key at, Micros cost, MonoTime now) {
    const bool dear = cost >= kDear;
    merged_ = dear ? std::move(merged) : nullptr;
    key_ = at;
    until_ = now + std::min(9 * cost, kOldest);
  }

 private:
  static constexpr Micros kDear = std::chrono::milliseconds{25};
  static constexpr Micros kOldest = std::chrono::seconds{2};

  std::shared_ptr<const MergedReports> merged_;
  Key key_{};
  MonoTime until_{};
};

}  // namespace dst_load::coordination
