#pragma once

#include <string>

namespace dst_load::workers::calibrate {

/// The model of the machine's processors, as /proc/cpuinfo names it; empty when it does not.
std::string ProcessorModel();

/// The machine's load average of the last minute: whether others are at work, too. 0 when it is not known.
double LoadAverage();

}  // namespace dst_load::workers::calibrate
