#include "base/time.h"

#include <ctime>
#include <optional>

#include <fmt/format.h>

namespace dst_load {
namespace {

class RealClock final : public Clock {
 public:
  WallTime Wall() const override { return std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now()); }
  MonoTime Mono() const override { return std::chrono::time_point_cast<Micros>(std::chrono::steady_clock::now()); }
};

std::tm UtcFields(WallTime t) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
  std::tm fields{};
  gmtime_r(&seconds, &fields);
  return fields;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// "Z", "+02:00": the whole of `text`, as time ahead of UTC.
std::optional<std::chrono::minutes> ParseOffset(std::string_view text) {
  if (text == "Z") return std::chrono::minutes{0};
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  for (const std::size_t i : {1U, 2U, 4U, 5U}) {
    if (!IsDigit(text[i])) return std::nullopt;
  }
  const int hours = (text[1] - '0') * 10 + (text[2] - '0');
  const int minutes = (text[4] - '0') * 10 + (text[5] - '0');
  if (hours > 23 || minutes > 59) return std::nullopt;
  return std::chrono::minutes{(text[0] == '-' ? -1 : 1) * (hours * 60 + minutes)};
}

}  // namespace

const Clock& SystemClock() {
  static const RealClock clock;
  return clock;
}

std::string FormatTimeSeconds(WallTime t) {
  const std::tm f = UtcFields(t);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", f.tm_year + 1900, f.tm_mon + 1, f.tm_mday, f.tm_hour,
                     f.tm_min, f.tm_sec);
}

std::string FormatTime(WallTime t) {
  const auto micros = (t - std::chrono::floor<std::chrono::seconds>(t)).count();
  std::string text = FormatTimeSeconds(t);
  text.pop_back();
  return fmt::format("{}.{:06}Z", text, micros);
}

Result<WallTime> ParseTime(std::string_view text) {
  const auto bad = [text] { return Fail(Code::kInvalid, fmt::format("\"{}\" is not an RFC 3339 time", text)); };
  const std::string owned(text);
  std::tm f{};
  const char* rest = strptime(owned.c_str(), "%Y-%m-%dT%H:%M:%S", &f);
  if (rest == nullptr) return bad();
  Micros fraction{0};
  if (*rest == '.') {
    if (!IsDigit(*++rest)) return bad();
    std::int64_t scale = 100'000;
    for (; IsDigit(*rest); ++rest, scale /= 10) fraction += Micros{(*rest - '0') * scale};
  }
  const auto offset = ParseOffset(rest);
  if (!offset) return bad();
  return WallTime{std::chrono::seconds{timegm(&f)} + fraction - *offset};
}

}  // namespace dst_load
