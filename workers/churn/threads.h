#pragma once

#include <cstddef>
#include <functional>

#include "base/error.h"

namespace dst_load::workers::churn {

/// Names the calling thread for debuggers and `top -H`; at most 15 characters.
void NameThread(const char* name);

/// Calls `task` for 0 … count-1 on `threads` threads, and returns the first failure once all that began have ended.
/// After a failure, or once `go_on` says no, nothing new begins; the latter alone is no failure. `task` and `go_on`
/// must be thread-safe.
Status ForEach(std::size_t count, std::size_t threads, const std::function<bool()>& go_on,
               const std::function<Status(std::size_t)>& task);

}  // namespace dst_load::workers::churn
