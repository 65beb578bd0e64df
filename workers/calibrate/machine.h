#pragma once

#include <cstdint>
#include <string>

namespace dst_load::workers::calibrate {

/// What a calibration was made on.
struct Machine {
  unsigned cores = 0;
  std::string model;   ///< of the processor
  std::string kernel;  ///< "6.1.0-18-amd64"
  std::uint64_t memory_bytes = 0;
  double load = 0;  ///< of the last minute: whether others were at work, too
};

/// Unknown facts stay empty or 0.
Machine ReadMachine();

}  // namespace dst_load::workers::calibrate
