#pragma once

#include <string>

#include "report/report.h"

namespace dst_load::report {

/// A report as one HTML page that needs nothing else: style and plots are inline, there are no scripts, it is light or
/// dark as the reader prefers. Everything from a report is escaped. Well-formed as XML, too.
std::string RenderHtml(const Report& report);

}  // namespace dst_load::report
