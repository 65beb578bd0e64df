#pragma once

#include <array>
#include <string>
#include <vector>

#include "measure/snapshot.h"

namespace dst_load::measure {

/// Counts violations and keeps the first few in words. Not thread-safe.
class OffenceLog {
 public:
  static constexpr std::size_t kKept = 20;

  /// `describe` is called only while texts are still kept.
  template <class Describe>
  void Add(Invariant invariant, Describe describe) {
    ++counts_[static_cast<std::size_t>(invariant)];
    if (texts_.size() < kKept) texts_.push_back(std::string(InvariantName(invariant)) + ": " + describe());
  }
  const std::array<std::uint64_t, kInvariantCount>& Counts() const { return counts_; }
  const std::vector<std::string>& Texts() const { return texts_; }

 private:
  std::array<std::uint64_t, kInvariantCount> counts_{};
  std::vector<std::string> texts_;
};

}  // namespace dst_load::measure
