#pragma once

#include <string_view>

#include "base/error.h"

namespace dst_load::kube {

/// Reads a Kubernetes quantity: "8Gi", "1.5G", "512", "100m", "2e3". As a double: exact up to 2^53. Errors: kInvalid,
/// for negative ones, too.
Result<double> ParseQuantity(std::string_view text);

}  // namespace dst_load::kube
