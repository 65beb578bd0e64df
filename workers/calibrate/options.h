#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "workers/calibrate/cell.h"

namespace CLI {
class App;
}

namespace dst_load::workers::calibrate {

/// The command line of `calibrate` as given.
struct CalibrateFlags {
  std::vector<std::uint32_t> streams{1'000, 10'000};
  std::vector<std::uint32_t> updates_per_second{10'000, 100'000};
  Micros duration = std::chrono::seconds{10};
  std::uint32_t services = 0;
  std::uint32_t threads = 0;
  bool json = false;
  bool null_destination = false;  ///< hidden: be the server of the only cell
};
void AddCalibrateFlags(CLI::App& app, CalibrateFlags& flags);

struct CalibrateOptions {
  std::vector<Cell> cells;    ///< each number of streams at each rate
  std::uint32_t threads = 1;  ///< of the client
  bool json = false;
};

/// `cores`: of the machine. Pure. Errors: kInvalid naming the flag.
Result<CalibrateOptions> CheckCalibrateFlags(const CalibrateFlags& flags, unsigned cores);

/// The arguments that make this binary the server of a cell, without its name.
std::vector<std::string> NullDestinationArguments(const Cell& cell);

}  // namespace dst_load::workers::calibrate
