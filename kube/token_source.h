#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "base/time.h"

namespace dst_load::kube {

using TokenSource = std::function<Result<std::string>()>;

TokenSource StaticToken(std::string token);
/// The token in a file that somebody else replaces: read again when the file changed, and once a minute anyway. While
/// a file can't be read, the token read last stays in use. Thread-safe. The clock must outlive every copy.
TokenSource FileToken(std::string path, const Clock& clock);

}  // namespace dst_load::kube
