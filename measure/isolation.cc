#include "measure/isolation.h"

#include <algorithm>

namespace dst_load::measure {

std::optional<Isolation> JudgeIsolation(const ClientSnapshot& clients, const IsolationBounds& bounds) {
  Histogram beside, control;
  for (const auto& [index, counts] : clients.services) {
    (counts.slow_readers > 0 ? beside : control).Merge(counts.destination);
  }
  if (beside.Count() < bounds.enough || control.Count() < bounds.enough) return std::nullopt;
  Isolation isolation{*beside.Quantile(0.99), *control.Quantile(0.99), true};
  const auto allowed = bounds.factor * static_cast<double>(std::max(isolation.control, bounds.floor).count());
  isolation.holds = static_cast<double>(isolation.beside.count()) <= allowed;
  return isolation;
}

}  // namespace dst_load::measure
