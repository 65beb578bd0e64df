#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace dst_load::op {

/// When the clocks change in a year, in local time: "M3.5.0/2", "J60" or "59".
struct ChangeRule {
  enum class Kind { kMonthWeekDay, kDayWithoutLeap, kDayOfYear };
  Kind kind = Kind::kMonthWeekDay;
  int month = 0;    ///< 1 to 12
  int week = 0;     ///< 1 to 5; 5 is the last
  int weekday = 0;  ///< 0 is Sunday
  int day = 0;
  std::chrono::seconds time{7200};  ///< from midnight; may be negative, or more than a day

  std::chrono::local_seconds In(std::chrono::year year) const;
};

/// A zone's rule for all years, as POSIX' TZ variable and the footer of a TZif file write it:
/// "CET-1CEST,M3.5.0,M10.5.0/3".
struct PosixTz {
  std::chrono::seconds standard{0};  ///< local time minus UTC
  struct Summer {
    std::chrono::seconds offset{0};
    ChangeRule begin, end;
  };
  std::optional<Summer> summer;

  /// Errors: kInvalid.
  static Result<PosixTz> Parse(std::string_view text);
};

}  // namespace dst_load::op
