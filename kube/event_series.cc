#include "kube/event_series.h"

#include <nlohmann/json.hpp>

namespace dst_load::kube {

const EventSeries* EventHistory::Repeat(const EventIdentity& identity, MonoTime now) {
  std::erase_if(known_, [&](const auto& entry) { return now - entry.second.last > window_; });
  const auto found = known_.find(identity);
  if (found == known_.end()) return nullptr;
  ++found->second.count;
  found->second.last = now;
  return &found->second;
}

void EventHistory::Start(const EventIdentity& identity, std::string name, MonoTime now) {
  known_[identity] = {std::move(name), 1, now};
}

std::string EventNamespace(const ObjectReference& regarding) { return regarding.ns.empty() ? "default" : regarding.ns; }

nlohmann::json EventObject(const EventIdentity& identity, const EventRecorderOptions& options, const std::string& name,
                           WallTime now) {
  const ObjectReference& about = identity.regarding;
  nlohmann::json regarding{{"apiVersion", about.api_version}, {"kind", about.kind}, {"name", about.name}};
  if (!about.ns.empty()) regarding["namespace"] = about.ns;
  if (!about.uid.empty()) regarding["uid"] = about.uid;
  return {{"apiVersion", kEvents.ApiVersion()},
          {"kind", kEvents.kind},
          {"metadata", {{"name", name}, {"namespace", EventNamespace(about)}}},
          {"eventTime", FormatTime(now)},
          {"reportingController", options.controller},
          {"reportingInstance", options.instance},
          {"type", identity.type == EventType::kWarning ? "Warning" : "Normal"},
          {"reason", identity.reason},
          {"action", identity.action},
          {"note", identity.note},
          {"regarding", std::move(regarding)}};
}

nlohmann::json SeriesPatch(std::int32_t count, WallTime now) {
  return {{"series", {{"count", count}, {"lastObservedTime", FormatTime(now)}}}};
}

std::string CutText(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t size = most;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) --size;
  return text.substr(0, size);
}

}  // namespace dst_load::kube
