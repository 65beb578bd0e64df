#pragma once

#include <string>

#include "base/error.h"

namespace dst_load::kube {

/// The whole of a small file. Errors: kNotFound when it isn't there, kInvalid when it can't be read or passes 16 MiB.
Result<std::string> ReadTextFile(const std::string& path);

/// `text` without white space at either end.
std::string Trim(const std::string& text);

}  // namespace dst_load::kube
