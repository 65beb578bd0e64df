#pragma once

#include <sys/types.h>

#include <cstdint>
#include <stop_token>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "workers/calibrate/cell.h"
#include "workers/calibrate/result.h"

namespace dst_load::workers::calibrate {

/// The null destination of one cell, in a process of its own: this binary again. Speaks in lines over its standard
/// input and output; ends with its input, so that it never outlives us. Not thread-safe.
class ServerProcess {
 public:
  /// Starts it and waits until it listens. Errors: kInternal, kTimeout, kCancelled.
  static Result<ServerProcess> Start(const Cell& cell, const Clock& clock, std::stop_token stop);
  ServerProcess(ServerProcess&& other) noexcept;
  ServerProcess& operator=(ServerProcess&&) = delete;
  ~ServerProcess();

  std::uint16_t Port() const { return port_; }
  /// Tells it to play the schedule from `start` on.
  Status Play(WallTime start);
  /// What it sent; waits until it has. Errors: as Start.
  Result<SentFigures> Sent(Micros patience, std::stop_token stop);

 private:
  explicit ServerProcess(const Clock& clock) : clock_(clock) {}
  Result<std::string> ReadLine(Micros patience, const std::stop_token& stop);

  const Clock& clock_;
  pid_t pid_ = -1;
  int in_ = -1, out_ = -1;  ///< its standard input and output
  std::string read_;
  std::uint16_t port_ = 0;
};

/// The other side: serves `cell` on this process's standard input and output until the input ends. Returns the exit
/// code.
int ServeNullDestination(const Cell& cell, const Clock& clock);

}  // namespace dst_load::workers::calibrate
