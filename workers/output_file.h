#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace dst_load::workers {

/// Writes a file for people: readable by all, replaced as a whole or not at all (written beside it, then renamed).
/// Errors: kUnavailable, naming the path.
Status WriteOutputFile(const std::string& path, std::string_view text);

/// Makes a folder, and those above it, as the umask has it (0755); one that is there is left as it is. Errors:
/// kUnavailable.
Status MakeOutputDir(const std::string& dir);

}  // namespace dst_load::workers
