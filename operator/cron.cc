#include "operator/cron.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace dst_load::op {
namespace {

using std::chrono::days;
using std::chrono::minutes;

struct Field {
  const char* name;
  int least, most;
  std::string_view names;  ///< of its values from `first_named` on, three letters each
  int first_named = 0;
};

constexpr std::array<Field, 5> kFields{{{"minute", 0, 59, "", 0},
                                        {"hour", 0, 23, "", 0},
                                        {"day of the month", 1, 31, "", 0},
                                        {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec", 1},
                                        {"day of the week", 0, 7, "sunmontuewedthufrisat", 0}}};

struct Macro {
  std::string_view name, fields;
};
constexpr Macro kMacros[] = {{"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
                             {"@weekly", "0 0 * * 0"},  {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
                             {"@annually", "0 0 1 1 *"}};

std::vector<std::string> Split(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = text.find_first_of(separators);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<int> NumberOf(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// A number or a name, in the field's range.
std::optional<int> ValueOf(const Field& field, const std::string& text) {
  std::optional<int> value = NumberOf(text);
  if (!value && text.size() == 3) {
    std::string lower = text;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    for (std::size_t at = 0; at < field.names.size(); at += 3) {
      if (field.names.substr(at, 3) == lower) value = field.first_named + static_cast<int>(at / 3);
    }
  }
  if (!value || *value < field.least || *value > field.most) return std::nullopt;
  return value;
}

/// The values of *, N or N-M, with /STEP or without; nullopt when it is none of these.
std::optional<std::uint64_t> PartOf(const Field& field, const std::string& text) {
  const auto by_step = Split(text, "/");
  if (by_step.size() > 2) return std::nullopt;
  std::optional<int> first = field.least, last = field.most;
  if (by_step[0] != "*" && by_step[0] != "?") {
    const auto ends = Split(by_step[0], "-");
    if (ends.size() > 2) return std::nullopt;
    first = ValueOf(field, ends[0]);
    if (ends.size() == 2)
      last = ValueOf(field, ends[1]);
    else if (by_step.size() == 1)
      last = first;
  }
  std::optional<int> step = 1;
  if (by_step.size() == 2) step = NumberOf(by_step[1]);
  if (!first || !last || !step || *first > *last || *step < 1 || *step > field.most) return std::nullopt;
  std::uint64_t bits = 0;
  for (int value = *first; value <= *last; value += *step) bits |= std::uint64_t{1} << value;
  return bits;
}

Result<std::uint64_t> BitsOf(const Field& field, const std::string& text) {
  std::uint64_t bits = 0;
  for (const std::string& part : Split(text, ",")) {
    const auto some = PartOf(field, part);
    if (!some) return Fail(Code::kInvalid, fmt::format("{}: \"{}\" is not understood", field.name, part));
    bits |= *some;
  }
  return bits;
}

bool Has(std::uint64_t bits, unsigned value) { return (bits >> value & 1) != 0; }

bool BeginsWithAny(const std::string& field) { return field.front() == '*' || field.front() == '?'; }

}  // namespace

Result<CronSchedule> CronSchedule::Parse(std::string_view text) {
  for (const Macro& macro : kMacros) {
    if (text == macro.name) text = macro.fields;
  }
  auto fields = Split(text, " \t");
  std::erase(fields, "");
  if (fields.size() != kFields.size()) {
    return Fail(Code::kInvalid, fmt::format("\"{}\" has {} fields, not 5", text, fields.size()));
  }
  CronSchedule schedule;
  const std::array<std::uint64_t*, 5> bits{&schedule.minutes_, &schedule.hours_, &schedule.month_days_,
                                           &schedule.months_, &schedule.week_days_};
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    const auto read = BitsOf(kFields[i], fields[i]);
    if (!read) return Fail(read.error());
    *bits[i] = *read;
  }
  if (Has(schedule.week_days_, 7)) schedule.week_days_ |= 1;
  schedule.any_hour_ = BeginsWithAny(fields[1]);
  schedule.any_month_day_ = BeginsWithAny(fields[2]);
  schedule.any_week_day_ = BeginsWithAny(fields[4]);
  return schedule;
}

bool CronSchedule::MatchesDay(std::chrono::local_days day) const {
  const std::chrono::year_month_day date(day);
  if (!Has(months_, static_cast<unsigned>(date.month()))) return false;
  const bool month_day = Has(month_days_, static_cast<unsigned>(date.day()));
  const bool week_day = Has(week_days_, std::chrono::weekday(day).c_encoding());
  return any_month_day_ || any_week_day_ ? month_day && week_day : month_day || week_day;
}

bool CronSchedule::Matches(Instant at, const ZoneSpan& span) const {
  const LocalTime local = span.ToLocal(at);
  const auto day = std::chrono::floor<days>(local);
  const std::chrono::hh_mm_ss time(local - day);
  return time.seconds().count() == 0 && Has(minutes_, static_cast<unsigned>(time.minutes().count())) &&
         Has(hours_, static_cast<unsigned>(time.hours().count())) && MatchesDay(day) &&
         (any_hour_ || !span.IsRepeated(at));
}

std::optional<Instant> CronSchedule::NextIn(const ZoneSpan& span, Instant from, Instant until) const {
  // Within a span local time runs evenly, so whole days and hours can be skipped.
  LocalTime local = std::chrono::ceil<minutes>(span.ToLocal(from));
  const auto back = [&](LocalTime time) { return Instant{time.time_since_epoch() - span.offset}; };
  while (back(local) < until) {
    const auto day = std::chrono::floor<days>(local);
    const auto hour = std::chrono::floor<std::chrono::hours>(local);
    if (!MatchesDay(day)) {
      local = day + days{1};
    } else if (!Has(hours_, static_cast<unsigned>((hour - day) / std::chrono::hours{1}))) {
      local = hour + std::chrono::hours{1};
    } else if (Matches(back(local), span)) {
      return back(local);
    } else {
      local += minutes{1};
    }
  }
  return std::nullopt;
}

std::optional<Instant> CronSchedule::Next(Instant after, const TimeZone& zone) const {
  const Instant limit = after + std::chrono::years{10};
  Instant from = after + std::chrono::seconds{1};
  while (from < limit) {
    const ZoneSpan& span = zone.SpanAt(from);
    const Instant until = std::min(span.end, limit);
    if (const auto found = NextIn(span, from, until)) return found;
    from = until;
  }
  return std::nullopt;
}

std::optional<Instant> CronSchedule::Last(Instant after, Instant until, const TimeZone& zone) const {
  // What is looked through grows until it holds one: the last is near when they are frequent.
  for (std::chrono::seconds reach = std::chrono::hours{1};; reach *= 4) {
    const Instant begin = std::max(after, until - reach);
    std::optional<Instant> last;
    for (auto next = Next(begin, zone); next && *next <= until; next = Next(*next, zone)) last = next;
    if (last || begin == after) return last;
  }
}

}  // namespace dst_load::op
