#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "coordination/wire.h"

namespace dst_load::coordination {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr int kMaxFigures = 64;
/// Widths and slot numbers whose product stays an instant.
constexpr std::int64_t kMaxWidth = std::int64_t{1} << 58;

template <class Series>
Status CheckAxis(const char* what, std::int64_t width, std::int64_t first, int slots) {
  if (slots == 0) return {};
  const auto limit = std::numeric_limits<std::int64_t>::max() / 4;
  if (width <= 0 || width > kMaxWidth || first > limit / width || first < -limit / width) {
    return Fail(Code::kInvalid, fmt::format("{}: impossible slots", what));
  }
  if (static_cast<std::size_t>(slots) > Series::kMaxSlots)
    return Fail(Code::kInvalid, fmt::format("{}: too long", what));
  return {};
}

pb::CoarseCounts ToWire(const measure::CoarseCounts& counts) {
  pb::CoarseCounts wire;
  for (std::size_t bucket = 0; bucket < measure::CoarseCounts::kBuckets; ++bucket) {
    if (counts.At(bucket) == 0) continue;
    wire.add_bucket(static_cast<std::uint32_t>(bucket));
    wire.add_count(counts.At(bucket));
  }
  return wire;
}

Status ReadCounts(const pb::CoarseCounts& wire, measure::CoarseCounts& out) {
  if (wire.bucket_size() != wire.count_size()) return Fail(Code::kInvalid, "timeline: buckets and counts differ");
  for (int i = 0; i < wire.bucket_size(); ++i) {
    if (wire.bucket(i) >= measure::CoarseCounts::kBuckets) return Fail(Code::kInvalid, "timeline: no such bucket");
    out.Set(wire.bucket(i), wire.count(i));
  }
  return {};
}

}  // namespace

pb::ClientTimeline ToWire(const measure::ClientTimeline& timeline) {
  pb::ClientTimeline wire;
  if (timeline.empty()) return wire;
  wire.set_width_us(timeline.Width().count());
  wire.set_first(timeline.First());
  for (const auto& slot : timeline.Slots()) {
    auto& out = *wire.add_slots();
    *out.mutable_destination() = ToWire(slot.destination);
    *out.mutable_end_to_end() = ToWire(slot.end_to_end);
    if (slot.held) out.set_held(*slot.held);
  }
  return wire;
}

Status ReadTimeline(const pb::ClientTimeline& wire, measure::ClientTimeline& out) {
  auto ok = CheckAxis<measure::ClientTimeline>("timeline", wire.width_us(), wire.first(), wire.slots_size());
  std::vector<measure::ClientSlot> slots(static_cast<std::size_t>(wire.slots_size()));
  for (int i = 0; ok && i < wire.slots_size(); ++i) {
    auto& slot = slots[static_cast<std::size_t>(i)];
    ok = ReadCounts(wire.slots(i).destination(), slot.destination);
    if (ok) ok = ReadCounts(wire.slots(i).end_to_end(), slot.end_to_end);
    if (wire.slots(i).has_held()) slot.held = wire.slots(i).held();
  }
  if (ok && !slots.empty()) out = {Micros{wire.width_us()}, wire.first(), std::move(slots)};
  return ok;
}

pb::GaugeSeries ToWire(const measure::GaugeSeries& series) {
  pb::GaugeSeries wire;
  if (series.empty()) return wire;
  wire.set_width_us(series.Width().count());
  wire.set_first(series.First());
  for (const auto& slot : series.Slots()) wire.add_values(slot.value.value_or(kNothing));
  return wire;
}

Status ReadGauges(const pb::GaugeSeries& wire, measure::GaugeSeries& out) {
  auto ok = CheckAxis<measure::GaugeSeries>("series", wire.width_us(), wire.first(), wire.values_size());
  if (!ok || wire.values_size() == 0) return ok;
  std::vector<measure::GaugeSlot> slots;
  for (const double value : wire.values()) {
    slots.push_back({std::isfinite(value) ? std::optional(value) : std::nullopt});
  }
  out = {Micros{wire.width_us()}, wire.first(), std::move(slots)};
  return {};
}

void ConvergenceToWire(const measure::ConvergenceLog& log, pb::ClientReport& wire) {
  for (const auto& [key, event] : log.Events()) {
    auto& out = *wire.add_convergence();
    out.set_t0_us(ToWire(key.t0));
    out.set_service(key.service);
    out.set_last_t2_us(ToWire(event.last_t2));
    out.set_updates(event.updates);
    out.set_missing(event.missing);
  }
  wire.set_convergence_dropped(log.Dropped());
}

Status ReadConvergence(const pb::ClientReport& wire, measure::ConvergenceLog& out) {
  if (static_cast<std::size_t>(wire.convergence_size()) > measure::ConvergenceLog::kMaxEvents) {
    return Fail(Code::kInvalid, "report: too many scale events");
  }
  for (const auto& event : wire.convergence()) {
    if (event.service() >= kMaxServices) return Fail(Code::kInvalid, "report: scale event of no service");
    out.Put({TimeFromWire(event.t0_us()), event.service()},
            {TimeFromWire(event.last_t2_us()), event.updates(), event.missing()});
  }
  out.CountDropped(wire.convergence_dropped());
  return {};
}

pb::DestinationMetrics ToWire(const measure::DestinationMetrics& metrics) {
  pb::DestinationMetrics wire;
  wire.set_asked(metrics.asked);
  wire.set_scrapes(metrics.scrapes);
  wire.set_failures(metrics.failures);
  wire.set_trouble(ClipText(metrics.trouble, kMaxText));
  for (const auto& [name, figure] : metrics.figures) {
    auto& out = (*wire.mutable_figures())[ClipText(name, kMaxReason)];
    out.set_first_at_us(ToWire(figure.first_at));
    out.set_last_at_us(ToWire(figure.last_at));
    out.set_first(figure.first);
    out.set_last(figure.last);
    out.set_max(figure.max);
    *out.mutable_over_time() = ToWire(figure.over_time);
  }
  return wire;
}

Status ReadDestination(const pb::DestinationMetrics& wire, measure::DestinationMetrics& out) {
  if (wire.figures_size() > kMaxFigures) return Fail(Code::kInvalid, "destination metrics: too many figures");
  out.asked = wire.asked();
  out.scrapes = wire.scrapes();
  out.failures = wire.failures();
  out.trouble = ClipText(wire.trouble(), kMaxText);
  for (const auto& [name, figure] : wire.figures()) {
    if (name.size() > kMaxReason || !std::isfinite(figure.first()) || !std::isfinite(figure.last()) ||
        !std::isfinite(figure.max())) {
      return Fail(Code::kInvalid, "destination metrics: impossible figure");
    }
    auto& into = out.figures[name];
    into.first_at = TimeFromWire(figure.first_at_us());
    into.last_at = TimeFromWire(figure.last_at_us());
    into.first = figure.first();
    into.last = figure.last();
    into.max = figure.max();
    if (auto read = ReadGauges(figure.over_time(), into.over_time); !read) return read;
  }
  return {};
}

}  // namespace dst_load::coordination
