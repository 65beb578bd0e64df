#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace dst_load {

/// Spans are microseconds everywhere: exact in reports, fine enough for a load tester.
using Micros = std::chrono::microseconds;

/// An instant of CLOCK_REALTIME. T0, T1 and T2 are these: hosts can compare them, after the offset is known.
using WallTime = std::chrono::sys_time<Micros>;

/// An instant of CLOCK_MONOTONIC. Timers, deadlines, rates: nothing that leaves the process.
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, Micros>;

/// The only place where now() may be called. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime Wall() const = 0;
  virtual MonoTime Mono() const = 0;
};

/// The machine's clocks. One instance for the process; never destroyed.
const Clock& SystemClock();

/// A clock that stands still until it is told to move; wall and monotonic time move together, but for Step.
/// Thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(WallTime start = WallTime{std::chrono::hours{24 * 365 * 50}}) : start_(start) {}
  WallTime Wall() const override { return start_ + Passed() + Micros{stepped_.load()}; }
  MonoTime Mono() const override { return MonoTime{Micros{1'000'000} + Passed()}; }
  void Advance(Micros by) { passed_.fetch_add(by.count()); }
  /// As when somebody sets the wall clock.
  void Step(Micros by) { stepped_.fetch_add(by.count()); }

 private:
  Micros Passed() const { return Micros{passed_.load()}; }

  const WallTime start_;
  std::atomic<std::int64_t> passed_{0}, stepped_{0};
};

/// "2026-11-24T12:00:00.000000Z": RFC 3339 in UTC, as Kubernetes' MicroTime. With `seconds` as its Time.
std::string FormatTime(WallTime t);
std::string FormatTimeSeconds(WallTime t);
/// Reads both of the above, and times with an offset ("+02:00"); digits below the microsecond are dropped. Errors:
/// kInvalid.
Result<WallTime> ParseTime(std::string_view text);

}  // namespace dst_load
