#pragma once

#include <cstdint>
#include <string>

namespace dst_load {

/// SplitMix64: a small seeded generator whose sequence is the same on every machine, unlike std::distributions.
/// Not thread-safe.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next();
  /// Uniform in [0, bound); 0 for bound 0.
  std::uint64_t Below(std::uint64_t bound);

 private:
  std::uint64_t state_;
};

/// `bytes` random bytes from the kernel, in hex: run IDs, tokens. Thread-safe.
std::string RandomHex(std::size_t bytes);
/// A seed from the kernel, for where the user gave none. Thread-safe.
std::uint64_t RandomSeed();

}  // namespace dst_load
