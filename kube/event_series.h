#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/time.h"
#include "kube/event_recorder.h"

namespace dst_load::kube {

/// What makes two Events the same.
struct EventIdentity {
  ObjectReference regarding;
  EventType type = EventType::kNormal;
  std::string reason;
  std::string action;
  std::string note;
  auto operator<=>(const EventIdentity&) const = default;
};

/// An Event written before: how often, and when last.
struct EventSeries {
  std::string name;
  std::int32_t count = 1;
  MonoTime last{};
};

/// The Events of the last window. Not thread-safe.
class EventHistory {
 public:
  explicit EventHistory(Micros window) : window_(window) {}

  /// Counts one more of a known Event; null when it is not known, or not within the window.
  const EventSeries* Repeat(const EventIdentity& identity, MonoTime now);
  void Start(const EventIdentity& identity, std::string name, MonoTime now);
  void Forget(const EventIdentity& identity) { known_.erase(identity); }
  std::size_t Size() const { return known_.size(); }

 private:
  const Micros window_;
  std::map<EventIdentity, EventSeries> known_;
};

/// The namespace that an Event about `regarding` belongs in.
std::string EventNamespace(const ObjectReference& regarding);
nlohmann::json EventObject(const EventIdentity& identity, const EventRecorderOptions& options, const std::string& name,
                           WallTime now);
/// The merge patch that makes an Event a series of `count`.
nlohmann::json SeriesPatch(std::int32_t count, WallTime now);
/// The first `most` bytes of a UTF-8 text, at most, no character cut in two.
std::string CutText(const std::string& text, std::size_t most);

}  // namespace dst_load::kube
