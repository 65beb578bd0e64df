#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/duration.h"
#include "report/plot.h"

namespace dst_load::report {
namespace {

constexpr double kMostTicks = 8;

std::string SecondsText(double seconds) { return FormatDuration(Micros{std::llround(seconds * 1e6)}); }

/// 1, 2 or 5 times a power of ten, at or above `value`.
double RoundUp(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double digit : {1.0, 2.0, 5.0}) {
    if (digit * power >= value * (1 - 1e-9)) return digit * power;
  }
  return 10 * power;
}

double TimeStep(double span) {
  constexpr double kSteps[] = {1,   2,   5,    10,   15,   30,    60,    120,   300,
                               600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400};
  for (const double step : kSteps) {
    if (span / step <= kMostTicks) return step;
  }
  return 86400 * RoundUp(span / 86400 / kMostTicks);
}

}  // namespace

double Axis::Share(double value) const {
  const double share = log ? std::log(std::max(value, low) / low) / std::log(high / low) : (value - low) / (high - low);
  return std::clamp(share, 0.0, 1.0);
}

Axis TimeAxis(double low, double high, std::string title) {
  Axis axis{std::move(title), low, std::max(high, low + 1), false, {}};
  const double step = TimeStep(axis.high - axis.low);
  for (double at = std::ceil(axis.low / step) * step; at <= axis.high; at += step) {
    axis.ticks.push_back({at, SecondsText(at)});
  }
  return axis;
}

Axis LogSpanAxis(double low, double high, std::string title) {
  low = std::max(low, 1.0);
  high = std::max(high, low);
  constexpr double kFewDecades = 3.1;
  const double decade = std::pow(10, std::floor(std::log10(low) + 1e-9));
  double first = decade;
  for (const double digit : {2.0, 5.0}) {
    if (digit * decade <= low) first = digit * decade;
  }
  double last = RoundUp(high);
  const bool few = std::log10(last / first) <= kFewDecades;
  if (!few) first = decade;  // only decades are labelled: the lower end should be
  if (last <= first) last = RoundUp(first * 1.5);
  Axis axis{std::move(title), first, last, true, {}};
  for (double power = decade; power <= last * 1.001; power *= 10) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double at = power * digit;
      if ((digit > 1 && !few) || at < first * 0.999 || at > last * 1.001) continue;
      axis.ticks.push_back({at, FormatDuration(Micros{std::llround(at)})});
    }
  }
  return axis;
}

Axis LinearAxis(double high, std::string title, const std::function<std::string(double)>& label, bool binary) {
  constexpr double kSteps = 5;
  high = std::isfinite(high) && high > 1e-9 ? high : 1;
  const double step = binary ? std::pow(2, std::ceil(std::log2(high / kSteps))) : RoundUp(high / kSteps);
  Axis axis{std::move(title), 0, step * std::ceil(high / step - 1e-9), false, {}};
  for (double at = 0; at <= axis.high * 1.0001; at += step) axis.ticks.push_back({at, label(at)});
  return axis;
}

Axis QuantileAxis(double count, std::string title) {
  Axis axis{std::move(title), 1, std::max(count, 10.0), true, {{1, "0%"}, {2, "50%"}}};
  double at = 10;
  for (int nines = 1; at <= axis.high * 1.001; ++nines, at *= 10) {
    axis.ticks.push_back({at, nines == 1   ? "90%"
                              : nines == 2 ? "99%"
                                           : "99." + std::string(static_cast<std::size_t>(nines - 2), '9') + "%"});
  }
  return axis;
}

}  // namespace dst_load::report
