#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace dst_load::measure {

/// Set of small numbers (the streams of one service) as a bitmap that grows on demand. Not thread-safe.
class StreamSet {
 public:
  bool Has(std::uint32_t i) const {
    const std::size_t word = i / 64;
    return word < words_.size() && ((words_[word] >> (i % 64)) & 1) != 0;
  }
  /// True when it was not there.
  bool Add(std::uint32_t i) {
    const std::size_t word = i / 64;
    if (word >= words_.size()) words_.resize(word + 1);
    const std::uint64_t bit = std::uint64_t{1} << (i % 64);
    if ((words_[word] & bit) != 0) return false;
    words_[word] |= bit;
    ++count_;
    return true;
  }
  /// True when it was there. Frees the memory with the last one.
  bool Remove(std::uint32_t i) {
    if (!Has(i)) return false;
    words_[i / 64] &= ~(std::uint64_t{1} << (i % 64));
    if (--count_ == 0) words_ = {};
    return true;
  }
  std::uint32_t Count() const { return count_; }
  bool empty() const { return count_ == 0; }

  /// Calls visit(i) for each, ascending. `visit` may remove from the set, but not add to it.
  template <class Visit>
  void Each(Visit visit) const {
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (std::uint64_t rest = words_[word]; rest != 0; rest &= rest - 1) {
        visit(static_cast<std::uint32_t>(word * 64 + static_cast<std::size_t>(std::countr_zero(rest))));
        if (word >= words_.size()) return;
      }
    }
  }

 private:
  std::vector<std::uint64_t> words_;
  std::uint32_t count_ = 0;
};

}  // namespace dst_load::measure
