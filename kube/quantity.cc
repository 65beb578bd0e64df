#include "kube/quantity.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace dst_load::kube {
namespace {

struct Suffix {
  std::string_view text;
  double factor;
};

constexpr double kKi = 1024;
constexpr Suffix kSuffixes[] = {
    {"", 1},
    {"m", 1e-3},
    {"k", 1e3},
    {"M", 1e6},
    {"G", 1e9},
    {"T", 1e12},
    {"P", 1e15},
    {"E", 1e18},
    {"Ki", kKi},
    {"Mi", kKi* kKi},
    {"Gi", kKi* kKi* kKi},
    {"Ti", kKi* kKi* kKi* kKi},
    {"Pi", kKi* kKi* kKi* kKi* kKi},
    {"Ei", kKi* kKi* kKi* kKi* kKi* kKi},
};

bool IsDigitOrPoint(char c) { return (c >= '0' && c <= '9') || c == '.'; }

}  // namespace

Result<double> ParseQuantity(std::string_view text) {
  const auto bad = [&] { return Fail(Code::kInvalid, fmt::format("\"{}\" is not a quantity, such as 8Gi", text)); };
  if (text.empty() || !IsDigitOrPoint(text.front())) return bad();
  double value = 0;
  // "2e3" is a number with an exponent, "2E" one with a suffix: from_chars leaves an E without digits alone.
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return bad();
  const std::string_view suffix = text.substr(static_cast<std::size_t>(rest - text.data()));
  for (const Suffix& known : kSuffixes) {
    if (known.text == suffix) return value * known.factor;
  }
  return bad();
}

}  // namespace dst_load::kube
