#include "kube/line_splitter.h"

#include <fmt/format.h>

namespace dst_load::kube {
namespace {

bool Emit(std::string_view line, const std::function<bool(std::string_view)>& on_line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line.empty() || on_line(line);
}

}  // namespace

Result<bool> LineSplitter::Feed(std::string_view chunk, const std::function<bool(std::string_view)>& on_line) {
  for (;;) {
    const auto end = chunk.find('\n');
    if (end == std::string_view::npos) break;
    bool more = false;
    if (partial_.empty()) {
      more = Emit(chunk.substr(0, end), on_line);
    } else {
      partial_ += chunk.substr(0, end);
      more = Emit(partial_, on_line);
      partial_.clear();
    }
    if (!more) return false;
    chunk.remove_prefix(end + 1);
  }
  if (partial_.size() + chunk.size() > longest_) {
    return Fail(Code::kInternal, fmt::format("a line is longer than {} bytes", longest_));
  }
  partial_ += chunk;
  return true;
}

}  // namespace dst_load::kube
