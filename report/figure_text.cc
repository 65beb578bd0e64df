#include "report/figure_text.h"

#include <cmath>

#include <fmt/format.h>

#include "base/duration.h"
#include "measure/destination_metrics.h"

namespace dst_load::report {

using measure::DestinationMetrics;

std::string CountText(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return text;
}

std::string BytesText(double bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t unit = 0;
  // What would round up to 1024 belongs to the next unit.
  for (; std::abs(bytes) >= 1023.5 && unit + 1 < std::size(kUnits); ++unit) bytes /= 1024;
  if (std::abs(bytes) >= 99.95) return fmt::format("{:.0f} {}", bytes, kUnits[unit]);
  return fmt::format("{:.3g} {}", bytes, kUnits[unit]);
}

std::string NumberText(double value) {
  if (!std::isfinite(value)) return "not a number";
  if (value >= 1e15 || value <= -1e15) return fmt::format("{:.3g}", value);
  const double rounded = std::abs(value) >= 100 ? std::round(value) : std::round(value * 1000) / 1000;
  const double whole = std::trunc(std::abs(rounded));
  std::string text = (rounded < 0 ? "-" : "") + CountText(static_cast<std::uint64_t>(whole));
  const double rest = std::abs(rounded) - whole;
  if (rest < 0.0005) return text;
  std::string digits = fmt::format("{:.3f}", rest).substr(1);
  digits.erase(digits.find_last_not_of('0') + 1);
  return text + digits;
}

std::string FigureText(std::string_view figure, double value) {
  if (!std::isfinite(value)) return "not a number";
  if (figure == DestinationMetrics::kMemory || figure == DestinationMetrics::kHeap) return BytesText(value);
  if (figure == DestinationMetrics::kCpu) return fmt::format("{:.3g} cores", value);
  return NumberText(value);
}

std::string FigureTitle(std::string_view figure) {
  if (figure == DestinationMetrics::kMemory) return "memory";
  if (figure == DestinationMetrics::kCpu) return "CPU";
  if (figure == DestinationMetrics::kHeap) return "heap";
  if (figure == DestinationMetrics::kSendTimeouts) return "send timeouts";
  return std::string(figure);
}

std::string SpanText(const std::optional<Micros>& span) { return span ? HumanDuration(*span) : "-"; }

}  // namespace dst_load::report
