#include "base/clock_watch.h"

namespace dst_load {
namespace {

constexpr Micros kTogether = std::chrono::milliseconds{1};
constexpr int kTries = 3;

}  // namespace

std::optional<Micros> ClockWatch::Look(WallTime wall, MonoTime mono) {
  const Micros offset = wall.time_since_epoch() - mono.time_since_epoch();
  const Micros moved = offset - offset_.value_or(offset);
  offset_ = offset;
  if (-kBound <= moved && moved <= kBound) return std::nullopt;
  return moved;
}

std::optional<Micros> ClockWatch::Look(const Clock& clock) {
  for (int i = 0; i < kTries; ++i) {
    const MonoTime before = clock.Mono();
    const WallTime wall = clock.Wall();
    if (clock.Mono() - before <= kTogether) return Look(wall, before);
  }
  return std::nullopt;
}

}  // namespace dst_load
