#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace dst_load::report {

/// "1,234,567".
std::string CountText(std::uint64_t count);
/// Three significant digits with a binary prefix: "512 B", "1.5 GiB".
std::string BytesText(double bytes);
/// One of measure::DestinationMetrics' figures, with its unit: "1.5 GiB", "0.25 cores", "1,200"; "not a number".
std::string FigureText(std::string_view figure, double value);
/// What people call that figure: "memory", "CPU".
std::string FigureTitle(std::string_view figure);
/// HumanDuration; "-" for none.
std::string SpanText(const std::optional<Micros>& span);
/// A number with at most three digits behind the point and no needless zeros: "0.25", "1,200".
std::string NumberText(double value);

}  // namespace dst_load::report
