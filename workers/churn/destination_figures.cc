#include "workers/churn/destination_figures.h"

#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "workers/churn/prometheus_text.h"

namespace dst_load::workers::churn {
namespace {

using measure::DestinationMetrics;
using Sums = std::map<std::string, double, std::less<>>;

constexpr std::string_view kCpuSeconds = "process_cpu_seconds_total";
constexpr std::string_view kProcessStart = "process_start_time_seconds";

/// A figure and the series it is the sum of. Of several rows for one figure the first that a page has counts.
struct Source {
  std::string_view figure;
  std::string_view series;
};

constexpr Source kSources[] = {
    {DestinationMetrics::kMemory, "process_resident_memory_bytes"},
    {DestinationMetrics::kGoroutines, "go_goroutines"},
    {DestinationMetrics::kHeap, "go_memstats_heap_inuse_bytes"},
    {DestinationMetrics::kHeap, "go_memstats_alloc_bytes"},
    {DestinationMetrics::kSubscribers, "endpoints_subscribers"},
    {DestinationMetrics::kSubscribers, "reference_streams_active"},
    {DestinationMetrics::kViews, "destination_endpoint_views_active"},
    {DestinationMetrics::kOverflows, "endpoint_updates_queue_overflow"},
    {DestinationMetrics::kOverflows, "reference_overflows_total"},
    {DestinationMetrics::kSendTimeouts, "destination_stream_send_timeouts_total"},
};

Sums NothingFound() {
  Sums sums{{std::string(kCpuSeconds), NAN}, {std::string(kProcessStart), NAN}};
  for (const Source& source : kSources) sums.emplace(source.series, NAN);
  return sums;
}

std::optional<double> Find(const Sums& sums, std::string_view series) {
  const double sum = sums.find(series)->second;
  return std::isnan(sum) ? std::nullopt : std::optional(sum);
}

}  // namespace

void DestinationFigures::OnPage(std::string_view page, WallTime at, MonoTime mono) {
  Sums sums = NothingFound();
  const PrometheusPage read = ReadPrometheusText(page, [&](const PrometheusSample& sample) {
    const auto sum = sums.find(sample.name);
    if (sum == sums.end() || !std::isfinite(sample.value)) return;
    sum->second = std::isnan(sum->second) ? sample.value : sum->second + sample.value;
  });
  unreadable_ += read.unreadable;
  if (read.samples == 0) {
    return OnFailure(
        fmt::format("the page holds no sample in Prometheus' text format, and {} other lines", read.unreadable));
  }
  ++metrics_.scrapes;
  metrics_.trouble.clear();
  std::string_view last;
  for (const Source& source : kSources) {
    const auto value = Find(sums, source.series);
    if (!value || source.figure == last) continue;
    metrics_.figures[std::string(source.figure)].Record(at, *value);
    last = source.figure;
  }
  RecordCpu(sums, at, mono);
}

void DestinationFigures::RecordCpu(const Sums& sums, WallTime at, MonoTime mono) {
  const auto seconds = Find(sums, kCpuSeconds);
  if (!seconds) return;
  const Cpu now{*seconds, Find(sums, kProcessStart), mono};
  const auto before = std::exchange(cpu_, now);
  if (!before || now.seconds < before->seconds || now.process_start != before->process_start || mono <= before->at) {
    return;
  }
  const double span = std::chrono::duration<double>(mono - before->at).count();
  metrics_.figures[std::string(DestinationMetrics::kCpu)].Record(at, (now.seconds - before->seconds) / span);
}

void DestinationFigures::OnFailure(std::string trouble) {
  ++metrics_.scrapes;
  ++metrics_.failures;
  metrics_.trouble = std::move(trouble);
}

}  // namespace dst_load::workers::churn
