#include "kube/watch_line.h"

#include <fmt/format.h>

#include "kube/error_mapping.h"
#include "kube/object.h"

namespace dst_load::kube {

Result<WatchLine> ParseWatchLine(std::string_view what, std::string_view line) {
  auto event = ParseJson(line);
  if (!event) return Fail(event.error().code, fmt::format("{}: {}", what, event.error().message));
  const std::string type = StringAt(*event, "type");
  const nlohmann::json* object = Member(*event, "object");
  if (object == nullptr || !object->is_object())
    return Fail(Code::kInternal, fmt::format("{}: an event without an object", what));
  if (type == "ERROR") return Fail(ErrorFromStatus(what, *object));
  auto found = std::move((*event)["object"]);
  if (type == "ADDED" || type == "MODIFIED") return WatchLine{WatchEventType::kApplied, std::move(found)};
  if (type == "DELETED") return WatchLine{WatchEventType::kDeleted, std::move(found)};
  if (type == "BOOKMARK") return WatchLine{WatchEventType::kBookmark, std::move(found)};
  return Fail(Code::kInternal, fmt::format("{}: an event of the unknown type \"{}\"", what, type));
}

}  // namespace dst_load::kube
