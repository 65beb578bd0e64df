#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/machine.h"
#include "base/time.h"
#include "measure/histogram.h"
#include "workers/calibrate/cell.h"

namespace dst_load::workers::calibrate {

/// What the server of a cell says of itself.
struct SentFigures {
  std::uint64_t messages = 0;
  Micros lag_p50{0}, lag_p99{0}, lag_max{0};  ///< how late after its scheduled instant a message was given to gRPC
  Micros cpu{0};
};

/// What one cell came to.
struct CellResult {
  Cell cell;
  std::uint64_t credited_in_time = 0;  ///< when the schedule ended, and 5% of it later
  std::uint64_t due = 0, credited = 0, missing = 0, pending = 0, coalesced = 0;  ///< in the end
  std::uint64_t messages_in_time = 0;  ///< as credited_in_time; the first ones of the streams not counted
  measure::Histogram added;            ///< from a message's scheduled instant to its arrival: tool, gRPC and loopback
  std::uint64_t violations = 0;        ///< of invariants: there is nothing wrong to be found
  Micros cpu{0};                       ///< of the client's process while the schedule ran
  std::string saturation;              ///< what was too much for the client, in words; empty: nothing
  SentFigures sent;

  /// 99% of all updates were credited in time.
  bool Reached() const;
  /// Reached, and every update was credited, rightly: only then are its latencies worth a look.
  bool IsResult() const {
    return Reached() && missing == 0 && pending == 0 && due == cell.Updates() && violations == 0;
  }
  double UpdatesPerSecond() const;
  double MessagesPerSecond() const;
  double CpuPercent() const;  ///< of one core
  /// The client could not keep up: a run would be inconclusive.
  bool Saturated() const { return !Reached() || !saturation.empty(); }
};

struct Calibration {
  Machine machine;
  std::string processor;  ///< its model
  double load = 0;        ///< of the machine, in the minute before
  WallTime at{};
  std::string version;
  std::uint32_t threads = 0;
  std::vector<CellResult> cells;
};

/// For people: a row a cell. A cell that is no result shows why, in place of latencies. Pure.
std::string RenderTable(const Calibration& calibration);
/// Schema dst-load.dev/calibration/v1; spans are whole microseconds. Latencies are absent of a cell that is no result.
/// Pure.
std::string RenderJson(const Calibration& calibration);

}  // namespace dst_load::workers::calibrate
