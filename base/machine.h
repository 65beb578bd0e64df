#pragma once

#include <cstdint>
#include <string>

namespace dst_load {

/// What a program runs on, for reports. Zero or empty: not known.
struct Machine {
  std::uint64_t cores = 0;  ///< processors this process may use
  std::uint64_t memory_bytes = 0;
  std::string kernel;  ///< "Linux 6.1.0-18-amd64 x86_64"
  bool operator==(const Machine&) const = default;
};

/// Asks the kernel. Thread-safe.
Machine ThisMachine();

}  // namespace dst_load
