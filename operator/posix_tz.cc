#include "operator/posix_tz.h"

#include <cctype>

#include <fmt/format.h>

namespace dst_load::op {
namespace {

using std::chrono::days;
using std::chrono::seconds;

/// Reads from the front of a text; the first thing that is not as expected sets `bad`, and stays.
class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  bool Bad() const { return bad_; }
  bool AtEnd() const { return left_.empty(); }
  bool Take(char wanted) {
    if (left_.empty() || left_.front() != wanted) return false;
    left_.remove_prefix(1);
    return true;
  }
  void Expect(char wanted) { bad_ |= !Take(wanted); }
  int Number(int least, int most) {
    int value = 0, digits = 0;
    for (; !left_.empty() && std::isdigit(static_cast<unsigned char>(left_.front())) != 0 && digits < 4; ++digits) {
      value = value * 10 + (left_.front() - '0');
      left_.remove_prefix(1);
    }
    bad_ |= digits == 0 || value < least || value > most;
    return value;
  }
  /// An abbreviation: letters, or anything between < and >.
  void Name() {
    std::size_t length = 0;
    if (Take('<')) {
      length = left_.find('>');
      if (length == std::string_view::npos) length = left_.size();
      left_.remove_prefix(length);
      return Expect('>');
    }
    while (length < left_.size() && std::isalpha(static_cast<unsigned char>(left_[length])) != 0) ++length;
    left_.remove_prefix(length);
    bad_ |= length < 3;
  }
  /// [+-]hh[:mm[:ss]]
  seconds Time() {
    const bool negative = Take('-');
    if (!negative) Take('+');
    seconds time = std::chrono::hours{Number(0, 167)};
    if (Take(':')) time += std::chrono::minutes{Number(0, 59)};
    if (Take(':')) time += seconds{Number(0, 59)};
    return negative ? -time : time;
  }
  ChangeRule Change() {
    ChangeRule rule;
    if (Take('M')) {
      rule.month = Number(1, 12);
      Expect('.');
      rule.week = Number(1, 5);
      Expect('.');
      rule.weekday = Number(0, 6);
    } else if (Take('J')) {
      rule.kind = ChangeRule::Kind::kDayWithoutLeap;
      rule.day = Number(1, 365);
    } else {
      rule.kind = ChangeRule::Kind::kDayOfYear;
      rule.day = Number(0, 365);
    }
    if (Take('/')) rule.time = Time();
    return rule;
  }

 private:
  std::string_view left_;
  bool bad_ = false;
};

std::chrono::local_days DayOf(const ChangeRule& rule, std::chrono::year year) {
  const auto month = std::chrono::month(static_cast<unsigned>(rule.month));
  const std::chrono::weekday weekday(static_cast<unsigned>(rule.weekday));
  const std::chrono::local_days first(year / 1 / 1);
  switch (rule.kind) {
    case ChangeRule::Kind::kMonthWeekDay:
      if (rule.week == 5) return std::chrono::local_days(year / month / weekday[std::chrono::last]);
      return std::chrono::local_days(year / month / weekday[static_cast<unsigned>(rule.week)]);
    case ChangeRule::Kind::kDayWithoutLeap:
      return first + days{rule.day - 1 + (year.is_leap() && rule.day >= 60 ? 1 : 0)};
    case ChangeRule::Kind::kDayOfYear:
      return first + days{rule.day};
  }
  return first;
}

}  // namespace

std::chrono::local_seconds ChangeRule::In(std::chrono::year year) const { return DayOf(*this, year) + time; }

Result<PosixTz> PosixTz::Parse(std::string_view text) {
  PosixTz zone;
  Reader reader(text);
  reader.Name();
  zone.standard = -reader.Time();
  if (!reader.AtEnd() && !reader.Bad()) {
    Summer summer;
    reader.Name();
    const bool bare = reader.Take(',');
    summer.offset = bare ? zone.standard + std::chrono::hours{1} : -reader.Time();
    if (!bare) reader.Expect(',');
    summer.begin = reader.Change();
    reader.Expect(',');
    summer.end = reader.Change();
    zone.summer = summer;
  }
  if (reader.Bad() || !reader.AtEnd()) return Fail(Code::kInvalid, fmt::format("time zone rule \"{}\"", text));
  return zone;
}

}  // namespace dst_load::op
