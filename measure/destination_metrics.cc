#include "measure/destination_metrics.h"

#include <algorithm>

namespace dst_load::measure {

void DestinationFigure::Record(WallTime at, double value) {
  const bool fresh = over_time.empty();
  if (fresh || at < first_at) {
    first_at = at;
    first = value;
  }
  if (fresh || at >= last_at) {
    last_at = at;
    last = value;
  }
  max = fresh ? value : std::max(max, value);
  over_time.At(at).Add({value});
}

void DestinationFigure::Merge(const DestinationFigure& other) {
  if (other.over_time.empty()) return;
  if (over_time.empty()) {
    *this = other;
    return;
  }
  if (other.first_at < first_at) {
    first_at = other.first_at;
    first = other.first;
  }
  if (other.last_at > last_at) {
    last_at = other.last_at;
    last = other.last;
  }
  max = std::max(max, other.max);
  over_time.Merge(other.over_time);
}

const DestinationFigure* DestinationMetrics::Find(std::string_view figure) const {
  const auto found = figures.find(std::string(figure));
  return found == figures.end() ? nullptr : &found->second;
}

std::vector<std::string_view> DestinationMetrics::Absent() const {
  std::vector<std::string_view> absent;
  for (const std::string_view figure : kFigures) {
    if (Find(figure) == nullptr) absent.push_back(figure);
  }
  return absent;
}

void DestinationMetrics::Merge(const DestinationMetrics& other) {
  asked = asked || other.asked;
  scrapes += other.scrapes;
  failures += other.failures;
  if (!other.trouble.empty()) trouble = other.trouble;
  for (const auto& [name, figure] : other.figures) figures[name].Merge(figure);
}

}  // namespace dst_load::measure
