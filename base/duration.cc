#include "base/duration.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace dst_load {
namespace {

constexpr Micros kLongest = std::chrono::hours{24 * 365 * 100};

struct Unit {
  std::string_view name;
  double micros;
};
// Longest names first, so that "ms" is not read as minutes.
constexpr Unit kUnits[] = {{"ms", 1e3}, {"us", 1.0}, {"h", 3.6e9}, {"m", 6e7}, {"s", 1e6}};

tl::unexpected<Error> Bad(std::string_view text) {
  return Fail(Code::kInvalid, fmt::format("\"{}\" is not a duration such as 250ms, 30s, 5m or 1h30m", text));
}

}  // namespace

Result<Micros> ParseDuration(std::string_view text) {
  if (text == "0") return Micros{0};
  if (text.empty()) return Bad(text);
  double total = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    double value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed);
    if (error != std::errc{} || !(rest[0] >= '0' && rest[0] <= '9')) return Bad(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (rest.substr(0, candidate.name.size()) == candidate.name) {
        unit = &candidate;
        break;
      }
    }
    if (unit == nullptr) return Bad(text);
    rest.remove_prefix(unit->name.size());
    total += value * unit->micros;
    if (total > static_cast<double>(kLongest.count())) return Bad(text);
  }
  return Micros{std::llround(total)};
}

std::string FormatDuration(Micros span) {
  if (span.count() < 0) return "-" + FormatDuration(-span);
  if (span.count() == 0) return "0s";
  std::string text;
  const auto hours = std::chrono::floor<std::chrono::hours>(span);
  span -= hours;
  const auto minutes = std::chrono::floor<std::chrono::minutes>(span);
  span -= minutes;
  if (hours.count() > 0) text += fmt::format("{}h", hours.count());
  if (minutes.count() > 0) text += fmt::format("{}m", minutes.count());
  const auto micros = span.count();
  if (micros == 0) return text;
  if (micros % 1'000'000 == 0) return text + fmt::format("{}s", micros / 1'000'000);
  if (text.empty() && micros < 1'000'000 && micros % 1'000 == 0) return fmt::format("{}ms", micros / 1'000);
  if (text.empty() && micros < 1'000'000) return fmt::format("{}us", micros);
  std::string fraction = fmt::format("{:06}", micros % 1'000'000);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return text + fmt::format("{}.{}s", micros / 1'000'000, fraction);
}

std::string HumanDuration(Micros span) {
  if (span.count() < 0) return "-" + HumanDuration(-span);
  const auto micros = static_cast<double>(span.count());
  if (micros < 1e3) return fmt::format("{}us", span.count());
  // What would round up to 1000 belongs to the next unit.
  if (micros < 999.5e3) return fmt::format("{:.3g}ms", micros / 1e3);
  if (micros < 59.95e6) return fmt::format("{:.3g}s", micros / 1e6);
  return FormatDuration(std::chrono::round<std::chrono::seconds>(span));
}

}  // namespace dst_load
