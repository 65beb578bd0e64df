#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace dst_load::kube {

/// The whole of a small file. Errors: kNotFound when it isn't there, kInvalid when it can't be read or passes 16 MiB.
Result<std::string> ReadTextFile(const std::string& path);

/// The beginning of UTF-8 text, at most so many bytes, not ending in half a character.
std::string_view Clip(std::string_view text, std::size_t most);

/// `text` without white space at either end.
std::string Trim(const std::string& text);

}  // namespace dst_load::kube
