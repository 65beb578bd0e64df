#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "operator/time_zone.h"

namespace dst_load::op {

/// A schedule of five fields: minute, hour, day of the month, month, day of the week; or @hourly, @daily, @midnight,
/// @weekly, @monthly, @yearly, @annually.
///
/// A field is a list of *, N, N-M, each with /STEP or without; months and days have their three-letter English names,
/// too, and both 0 and 7 are Sunday. When both days are given, either will do. Where the clocks are set forward, what
/// they skip does not happen. Where they are set back, what comes twice happens the first time only, unless the hour is
/// given with *.
class CronSchedule {
 public:
  /// Errors: kInvalid, naming the field.
  static Result<CronSchedule> Parse(std::string_view text);

  /// True when the minute that begins at `at` is of the schedule. `span` is the one that `at` is in.
  bool Matches(Instant at, const ZoneSpan& span) const;
  /// The first minute of the schedule after `after`; nullopt when there is none in the next ten years.
  std::optional<Instant> Next(Instant after, const TimeZone& zone) const;
  /// The last minute of the schedule in (after, until].
  std::optional<Instant> Last(Instant after, Instant until, const TimeZone& zone) const;

 private:
  bool MatchesDay(std::chrono::local_days day) const;
  std::optional<Instant> NextIn(const ZoneSpan& span, Instant from, Instant until) const;

  std::uint64_t minutes_ = 0, hours_ = 0, month_days_ = 0, months_ = 0, week_days_ = 0;  ///< a bit a value
  bool any_hour_ = false, any_month_day_ = false, any_week_day_ = false;                 ///< the field begins with *
};

}  // namespace dst_load::op
