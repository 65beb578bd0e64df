#include "measure/convergence.h"

#include <algorithm>

namespace dst_load::measure {

void ConvergenceLog::Learned(std::uint32_t service, WallTime t0, WallTime t2) { Note({t0, service}, {t2, 1, 0}); }

void ConvergenceLog::Missed(std::uint32_t service, WallTime t0, WallTime now) { Note({t0, service}, {now, 0, 1}); }

void ConvergenceLog::Note(const ScaleEventKey& key, const Convergence& more) {
  // What comes next is nearly always of the newest event.
  const bool newest = !events_.empty() && events_.rbegin()->first == key;
  Convergence& event = newest ? events_.rbegin()->second : events_[key];
  event.last_t2 = std::max(event.last_t2, more.last_t2);
  event.updates += more.updates;
  event.missing += more.missing;
  if (!newest) Bound();
}

void ConvergenceLog::Merge(const ConvergenceLog& other) {
  for (const auto& [key, convergence] : other.events_) Note(key, convergence);
  dropped_ += other.dropped_;
}

void ConvergenceLog::Put(const ScaleEventKey& key, const Convergence& convergence) {
  events_[key] = convergence;
  Bound();
}

Histogram ConvergenceLog::Times() const {
  Histogram times;
  for (const auto& [key, event] : events_) times.Record(event.last_t2 - key.t0);
  return times;
}

void ConvergenceLog::Bound() {
  while (events_.size() > kMaxEvents) {
    events_.erase(events_.begin());
    ++dropped_;
  }
}

}  // namespace dst_load::measure
