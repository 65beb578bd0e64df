#include "measure/saturation.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration.h"

namespace dst_load::measure {

std::optional<std::string> Saturation(const ClientLag& lag, const SaturationBounds& bounds) {
  const auto over = [](std::optional<Micros> measured, Micros bound) { return measured && *measured > bound; };
  if (over(lag.queue.Max(), bounds.queue_max)) {
    return fmt::format("its event loop stood still for {}", HumanDuration(*lag.queue.Max()));
  }
  if (lag.queue.Count() < bounds.enough) return std::nullopt;
  if (over(lag.queue.Quantile(0.99), bounds.queue_p99)) {
    return fmt::format("its event loop was {} late, at p99", HumanDuration(*lag.queue.Quantile(0.99)));
  }
  if (lag.credit.Count() >= bounds.enough && over(lag.credit.Quantile(0.99), bounds.credit_p99)) {
    return fmt::format("it took {} for a message, at p99", HumanDuration(*lag.credit.Quantile(0.99)));
  }
  const double share =
      static_cast<double>(lag.cpu.count()) / static_cast<double>(std::max<std::int64_t>(lag.wall.count(), 1));
  if (share > bounds.cpu_share) return fmt::format("its threads had no time left: {:.0f}% busy", 100 * share);
  return std::nullopt;
}

}  // namespace dst_load::measure
