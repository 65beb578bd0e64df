#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "kube/watch.h"

namespace dst_load::kube {

/// One line of a watch: kApplied, kDeleted or kBookmark, and the object that it is about.
struct WatchLine {
  WatchEventType type;
  nlohmann::json object;
};

/// `what` is verb and kind, for errors: that of an ERROR event (kGone when our version is too old), kInternal for what
/// is no event.
Result<WatchLine> ParseWatchLine(std::string_view what, std::string_view line);

}  // namespace dst_load::kube
