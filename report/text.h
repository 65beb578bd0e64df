#pragma once

#include <string>

#include "report/report.h"

namespace dst_load::report {

/// A report for terminals: aligned tables, no escape codes; control characters in names are taken out.
std::string RenderText(const Report& report);

}  // namespace dst_load::report
