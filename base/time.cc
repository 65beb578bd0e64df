#include "base/time.h"

#include <ctime>

#include <fmt/format.h>

namespace dst_load {
namespace {

class RealClock final : public Clock {
 public:
  WallTime Wall() const override {
    return std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now());
  }
  MonoTime Mono() const override {
    return std::chrono::time_point_cast<Micros>(std::chrono::steady_clock::now());
  }
};

std::tm UtcFields(WallTime t) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
  std::tm fields{};
  gmtime_r(&seconds, &fields);
  return fields;
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
  const std::string owned(text);
  std::tm f{};
  const char* rest = strptime(owned.c_str(), "%Y-%m-%dT%H:%M:%S", &f);
  if (rest == nullptr) return Fail(Code::kInvalid, fmt::format("\"{}\" is not an RFC 3339 time", text));
  Micros fraction{0};
  if (*rest == '.') {
    std::int64_t scale = 100'000;
    for (++rest; *rest >= '0' && *rest <= '9'; ++rest, scale /= 10) fraction += Micros{(*rest - '0') * scale};
  }
  if (*rest != 'Z' || rest[1] != '\0') return Fail(Code::kInvalid, fmt::format("\"{}\" is not an RFC 3339 time in UTC", text));
  return WallTime{std::chrono::seconds{timegm(&f)} + fraction};
}

}  // namespace dst_load
