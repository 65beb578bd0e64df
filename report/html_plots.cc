#include "report/html_plots.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/duration.h"
#include "report/figure_text.h"
#include "report/json.h"

namespace dst_load::report {
namespace {

using measure::DestinationMetrics;

/// The time axis that all plots over time share.
class Times {
 public:
  explicit Times(const Report& report) : report_(report) {
    const auto& facts = report.facts;
    const Timeline& timeline = report.timeline;
    Stretch(timeline.start, timeline.slots.size(), timeline.width);
    StretchBy(report.run.churn.endpoints);
    for (const auto& [name, figure] : report.run.churn.destination.figures) StretchBy(figure.over_time);
    zero_ = facts.running ? *facts.running : facts.started ? *facts.started : first_.value_or(WallTime{});
  }

  double Of(WallTime t) const { return static_cast<double>((t - zero_).count()) / 1e6; }

  Axis MakeAxis() const {
    const bool began = report_.facts.running || report_.facts.started;
    const std::string title =
        fmt::format("time since {} {}", began ? "the run began at" : "the first sample at", FormatTimeSeconds(zero_));
    if (!first_) return TimeAxis(0, 1, title);
    return TimeAxis(Of(*first_), Of(last_), title);
  }

  std::vector<PlotMark> Marks() const {
    std::vector<PlotMark> marks;
    for (const auto& mark : report_.run.churn.marks) {
      marks.push_back({Of(mark.at), mark.step, fmt::format("{}, cycle {}", mark.step, mark.cycle + 1),
                       mark.step.find("Scale") == std::string::npos});
    }
    return marks;
  }

  Plot Begin(std::string title, Axis y) const {
    Plot plot;
    plot.title = std::move(title);
    plot.x = MakeAxis();
    plot.y = std::move(y);
    plot.marks = Marks();
    return plot;
  }

 private:
  void Stretch(WallTime from, std::size_t slots, Micros width) {
    if (slots == 0) return;
    const WallTime to = from + static_cast<std::int64_t>(slots) * width;
    last_ = first_ ? std::max(last_, to) : to;
    first_ = first_ ? std::min(*first_, from) : from;
  }
  void StretchBy(const measure::GaugeSeries& series) {
    if (!series.empty()) Stretch(series.StartOf(0), series.Slots().size(), series.Width());
  }

  const Report& report_;
  std::optional<WallTime> first_;
  WallTime last_{}, zero_{};
};

/// What a plot without points says.
std::string None(const Report& report, std::string_view part) {
  return Omits(report, part) ? "left out of this report" : "no samples";
}

double AsNumber(Micros span) { return static_cast<double>(span.count()); }

/// Calls visit(slot, its start, its middle, its end), in seconds of the axis.
template <class Visit>
void EachSlot(const Timeline& timeline, const Times& times, Visit visit) {
  const double width = static_cast<double>(timeline.width.count()) / 1e6;
  double from = times.Of(timeline.start);
  for (const auto& slot : timeline.slots) {
    visit(slot, from, from + width / 2, from + width);
    from += width;
  }
}

std::string When(double seconds) { return FormatDuration(Micros{std::llround(seconds * 1e3) * 1000}); }

Plot LatencyPlot(const Report& report, const Times& times) {
  Line lines[] = {{"endToEnd p99", "end-to-end", {}},
                  {"endToEnd p50", "end-to-end half", {}},
                  {"destination p99", "destination", {}},
                  {"destination p50", "destination half", {}}};
  double low = 1e18, high = 0;
  Plot plot = times.Begin("Latency over time", {});
  EachSlot(report.timeline, times, [&](const TimelineSlot& slot, double from, double middle, double to) {
    const std::optional<Micros> values[] = {slot.end_to_end.p99, slot.end_to_end.p50, slot.destination.p99,
                                            slot.destination.p50};
    for (std::size_t i = 0; i < 4; ++i) {
      if (!values[i]) {
        lines[i].points.emplace_back();
        continue;
      }
      const double value = std::max(AsNumber(*values[i]), 1.0);
      low = std::min(low, value);
      high = std::max(high, value);
      lines[i].points.emplace_back(Point{middle, value});
    }
    if (slot.updates == 0) return;
    plot.strips.push_back({from, to,
                           fmt::format("{} to {}: {} updates\nendToEnd p50 {}, p99 {}\ndestination p50 {}, p99 {}",
                                       When(from), When(to), CountText(slot.updates), SpanText(values[1]),
                                       SpanText(values[0]), SpanText(values[3]), SpanText(values[2]))});
  });
  plot.lines.assign(std::begin(lines), std::end(lines));
  plot.y = LogSpanAxis(high > 0 ? low : 1, high, "latency, log scale");
  plot.none = None(report, kTimeline);
  plot.note = "Of what streams learned in each slot of time. Vertical lines: steps of the churn schedule.";
  plot.wide = true;
  return plot;
}

/// A point for each bucket, thinned out to what a plot can show.
Line QuantileLine(std::string label, std::string style, const measure::Histogram& samples) {
  constexpr double kPointsPerDecade = 60;
  Line line{std::move(label), std::move(style), {}};
  const auto count = static_cast<double>(samples.Count());
  const auto max = samples.Max();
  double seen = 0, next = -1;
  for (const auto& [index, in_bucket] : samples.Buckets()) {
    const double y = std::max(1.0, std::min(AsNumber(measure::Histogram::UpperEnd(index)), AsNumber(*max)));
    if (line.points.empty()) line.points.emplace_back(Point{1, y});
    seen += static_cast<double>(in_bucket);
    // The last sample is drawn where the axis of one in `count` ends.
    const double x = seen >= count ? count : count / (count - seen);
    const double at = std::log10(x) * kPointsPerDecade;
    if (at < next && seen < count) continue;
    next = at + 1;
    line.points.emplace_back(Point{x, y});
  }
  return line;
}

Plot QuantilePlot(const Report& report) {
  Plot plot;
  plot.title = "Latency by quantile";
  plot.note = "How much of the updates (kubernetes: of the endpoint changes) was known within that latency.";
  double low = 1e18, high = 0, most = 0;
  const auto add = [&](const char* label, const char* style, const measure::Histogram& samples) {
    plot.lines.push_back(QuantileLine(label, style, samples));
    if (samples.Count() == 0) return;
    low = std::min(low, std::max(AsNumber(samples.Quantile(0).value_or(Micros{1})), 1.0));
    high = std::max(high, AsNumber(*samples.Max()));
    most = std::max(most, static_cast<double>(samples.Count()));
  };
  add("endToEnd", "end-to-end", report.total.end_to_end);
  add("kubernetes", "kubernetes", report.run.churn.kubernetes);
  add("destination", "destination", report.total.destination);
  plot.x = QuantileAxis(most, "quantile");
  plot.y = LogSpanAxis(high > 0 ? low : 1, high, "latency, log scale");
  plot.wide = true;
  return plot;
}

/// What is looked at every few seconds leaves slots empty in between: only a longer silence breaks the line.
constexpr Micros kBridged = std::chrono::seconds{15};

Line GaugeLine(std::string label, std::string style, const measure::GaugeSeries& series, const Times& times) {
  Line line{std::move(label), std::move(style), {}};
  const double half = static_cast<double>(series.Width().count()) / 2e6;
  Micros silence{0};
  for (std::size_t i = 0; i < series.Slots().size(); ++i) {
    const auto& value = series.Slots()[i].value;
    if (!value || !std::isfinite(*value)) {
      silence += series.Width();
      continue;
    }
    if (silence > kBridged) line.points.emplace_back();
    silence = Micros{0};
    line.points.emplace_back(Point{times.Of(series.StartOf(i)) + half, *value});
  }
  return line;
}

double Highest(const Plot& plot) {
  double high = 0;
  for (const Line& line : plot.lines) {
    for (const auto& point : line.points) {
      if (point) high = std::max(high, point->y);
    }
  }
  return high;
}

/// Streams of each service; nullopt when that is not known.
std::optional<double> StreamsPerService(const Report& report) {
  const auto streams = report.facts.streams > 0 ? report.facts.streams : report.run.facts.streams_expected;
  const auto services = report.facts.services > 0 ? report.facts.services : report.run.clients.services.size();
  if (streams == 0 || services == 0) return std::nullopt;
  return static_cast<double>(streams) / static_cast<double>(services);
}

Plot EndpointsPlot(const Report& report, const Times& times) {
  const auto scale = StreamsPerService(report);
  Plot plot = times.Begin("Endpoints", {});
  plot.none = None(report, kTimeline);
  if (scale) plot.note = "Of each slot of time: the most that were ready, and what was held at its end.";
  Line held{"held by streams", "held", {}};
  if (scale) held.label = fmt::format("held: all streams' endpoints / {} streams a service", NumberText(*scale));
  EachSlot(report.timeline, times, [&](const TimelineSlot& slot, double from, double middle, double to) {
    if (!slot.held) {
      held.points.emplace_back();
      return;
    }
    const double value = static_cast<double>(*slot.held) / scale.value_or(1);
    held.points.emplace_back(Point{middle, value});
    plot.strips.push_back({from, to,
                           fmt::format("{}: {} held in all streams together, as for {} endpoints", When(middle),
                                       CountText(*slot.held), NumberText(value))});
  });
  plot.lines.push_back(std::move(held));
  if (scale) plot.lines.push_back(GaugeLine("ready in Kubernetes", "truth", report.run.churn.endpoints, times));
  plot.y = LinearAxis(Highest(plot), scale ? "endpoints of all services" : "endpoints in all streams' sets together",
                      NumberText);
  return plot;
}

Plot UpdatesPlot(const Report& report, const Times& times) {
  Plot plot = times.Begin("Updates", {});
  plot.none = None(report, kTimeline);
  Line line{"updates", "destination", {}, true};
  EachSlot(report.timeline, times, [&](const TimelineSlot& slot, double from, double, double to) {
    const double rate = static_cast<double>(slot.updates) / (to - from);
    line.points.emplace_back(Point{from, rate});
    line.points.emplace_back(Point{to, rate});
    plot.strips.push_back({from, to, fmt::format("{} to {}: {} updates/s", When(from), When(to), NumberText(rate))});
  });
  plot.lines.push_back(std::move(line));
  plot.y = LinearAxis(Highest(plot), "updates per second, all streams together", NumberText);
  return plot;
}

/// Nothing for a figure that the destination did not tell.
void AddFigurePlot(const Report& report, const Times& times, std::string_view name, const std::string& title,
                   const std::string& unit, std::vector<Plot>& plots) {
  const auto* figure = report.run.churn.destination.Find(name);
  if (figure == nullptr) return;
  Plot plot = times.Begin(title, {});
  plot.none = None(report, kDestinationSeries);
  plot.lines.push_back(GaugeLine(title, "destination", figure->over_time, times));
  plot.lines.front().area = true;
  for (const auto& point : plot.lines.front().points) {
    if (!point) continue;
    const double half = static_cast<double>(figure->over_time.Width().count()) / 2e6;
    plot.strips.push_back(
        {point->x - half, point->x + half, fmt::format("{}: {}", When(point->x), FigureText(name, point->y))});
  }
  const bool bytes = name == DestinationMetrics::kMemory;
  plot.y = LinearAxis(Highest(plot), unit, bytes ? BytesText : NumberText, bytes);
  plots.push_back(std::move(plot));
}

}  // namespace

std::vector<Plot> PlotsOf(const Report& report) {
  const Times times(report);
  std::vector<Plot> plots;
  plots.push_back(LatencyPlot(report, times));
  plots.push_back(QuantilePlot(report));
  plots.push_back(EndpointsPlot(report, times));
  plots.push_back(UpdatesPlot(report, times));
  AddFigurePlot(report, times, DestinationMetrics::kMemory, "Memory of the destination service", "resident memory",
                plots);
  AddFigurePlot(report, times, DestinationMetrics::kCpu, "CPU of the destination service", "cores in use", plots);
  return plots;
}

}  // namespace dst_load::report
