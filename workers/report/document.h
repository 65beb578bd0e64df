#pragma once

#include <string>

#include "base/error.h"

namespace dst_load::workers {

/// The report in a document: the document itself, or key "report.json" of a ConfigMap as `kubectl get` prints it, in
/// JSON or YAML. What it says is not looked at. Errors: kInvalid. Pure.
Result<std::string> ExtractReport(const std::string& document);

}  // namespace dst_load::workers
