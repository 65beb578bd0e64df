#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace dst_load::kube {

/// Cuts a stream of chunks into lines, wherever the chunks' borders are. Empty lines are left out. Not thread-safe.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t longest = 64U << 20U) : longest_(longest) {}

  /// Calls `on_line` for each line that `chunk` completes, without its end; views are valid during the call. False as
  /// soon as on_line returns false. Errors: kInternal for a line longer than allowed.
  Result<bool> Feed(std::string_view chunk, const std::function<bool(std::string_view line)>& on_line);

 private:
  const std::size_t longest_;
  std::string partial_;
};

}  // namespace dst_load::kube
