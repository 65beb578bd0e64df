#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace dst_load::op {

/// A wall clock's minute hand and calendar somewhere: not an instant, until a TimeZone says which.
using LocalTime = std::chrono::local_seconds;
using Instant = std::chrono::sys_seconds;

/// A stretch of time in which a zone's offset from UTC stays the same.
struct ZoneSpan {
  Instant begin = Instant::min();  ///< min(): always
  Instant end = Instant::max();    ///< not in it; max(): for ever
  std::chrono::seconds offset{0};  ///< local time minus UTC
  std::chrono::seconds offset_before{0};

  LocalTime ToLocal(Instant at) const { return LocalTime{at.time_since_epoch() + offset}; }
  /// True for local times that have been before, because the clocks were set back at `begin`.
  bool IsRepeated(Instant at) const;
};

/// The offsets of one time zone, as a TZif file (RFC 8536) gives them.
///
/// A value; const members are thread-safe.
class TimeZone {
 public:
  static TimeZone Utc() { return TimeZone({ZoneSpan{}}); }
  /// Reads the contents of a TZif file, version 2 or later. Times behind its last transition follow its footer, for
  /// 200 years. Errors: kInvalid.
  static Result<TimeZone> Parse(std::string_view tzif);

  /// The span that an instant is in. Valid while the zone lives.
  const ZoneSpan& SpanAt(Instant at) const;

 private:
  explicit TimeZone(std::vector<ZoneSpan> spans) : spans_(std::move(spans)) {}

  std::vector<ZoneSpan> spans_;  ///< without holes, in order
};

/// Reads a zone such as "Europe/Berlin" from `folder`; "" and "UTC" need no file. Errors: kInvalid for a name that is
/// none, kNotFound for a zone that is not there.
Result<TimeZone> LoadTimeZone(const std::string& name, const std::string& folder = "/usr/share/zoneinfo");

}  // namespace dst_load::op
