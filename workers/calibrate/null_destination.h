#pragma once

#include <cstdint>
#include <memory>

#include "base/error.h"
#include "base/time.h"
#include "measure/histogram.h"
#include "workers/calibrate/cell.h"

namespace dst_load::workers::calibrate {

/// A destination service that knows nothing and does next to nothing: each Get stream gets its service's first set, and
/// then the changes of the cell's schedule, as bytes made beforehand. Open loop: a message that gRPC has not taken yet
/// holds up the later ones of its stream, but not the schedule.
///
/// Not thread-safe. The clock must outlive it.
class NullDestination {
 public:
  /// Listens on a free port of 127.0.0.1. Errors: kUnavailable.
  static Result<std::unique_ptr<NullDestination>> Create(const Cell& cell, const Clock& clock);
  ~NullDestination();

  std::uint16_t Port() const;
  /// Plays the whole schedule from `start` on, in this thread; then returns.
  void Play(WallTime start);
  /// How late after its scheduled instant each message was given to gRPC.
  const measure::Histogram& SendLag() const;

 private:
  struct Impl;
  explicit NullDestination(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace dst_load::workers::calibrate
