#include "workers/client/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "workers/client/stream_end.h"

namespace dst_load::workers {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr double kQuantiles[] = {0.5, 0.95, 0.99, 0.999};
// In microseconds: 1 ms to 60 s, with every bound that a criterion is likely to have.
constexpr std::int64_t kBounds[] = {1'000,     2'000,      5'000,      10'000,     20'000,     50'000,
                                    100'000,   200'000,    500'000,    1'000'000,  2'000'000,  3'000'000,
                                    5'000'000, 10'000'000, 15'000'000, 20'000'000, 30'000'000, 60'000'000};

double Seconds(std::int64_t micros) { return static_cast<double>(micros) / 1e6; }

class Page {
 public:
  MetricFamily& Family(const char* name, const char* help, MetricType type) {
    auto& family = families_.emplace_back();
    family.name = name;
    family.help = help;
    family.type = type;
    return family;
  }
  void Counter(const char* name, const char* help, std::uint64_t value) {
    Count(Family(name, help, MetricType::Counter), {}, value);
  }
  void Gauge(const char* name, const char* help, std::uint64_t value) {
    Family(name, help, MetricType::Gauge).metric.emplace_back().gauge.value = static_cast<double>(value);
  }
  static void Count(MetricFamily& family, std::vector<ClientMetric::Label> labels, std::uint64_t value) {
    auto& metric = family.metric.emplace_back();
    metric.label = std::move(labels);
    metric.counter.value = static_cast<double>(value);
  }
  static void Quantiles(MetricFamily& family, std::vector<ClientMetric::Label> labels,
                        const measure::Histogram& samples) {
    auto& metric = family.metric.emplace_back();
    metric.label = std::move(labels);
    metric.summary.sample_count = samples.Count();
    metric.summary.sample_sum = Seconds(samples.Sum());
    for (const double q : kQuantiles) {
      metric.summary.quantile.push_back({q, Seconds(samples.Quantile(q).value_or(Micros{0}).count())});
    }
  }
  static void Buckets(MetricFamily& family, std::vector<ClientMetric::Label> labels,
                      const measure::Histogram& samples) {
    auto& metric = family.metric.emplace_back();
    metric.label = std::move(labels);
    metric.histogram.sample_count = samples.Count();
    metric.histogram.sample_sum = Seconds(samples.Sum());
    for (const auto bound : kBounds)
      metric.histogram.bucket.push_back({samples.CountAtMost(Micros{bound}), Seconds(bound)});
    metric.histogram.bucket.push_back({samples.Count(), std::numeric_limits<double>::infinity()});
  }
  std::string Text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

std::vector<ClientMetric::Label> Service(const std::string& name) { return {{"service", name}}; }

const measure::ServiceCounts& Counts(const ShardView& view, std::size_t service) {
  static const measure::ServiceCounts kNothing;
  const auto found = view.snapshot.services.find(static_cast<std::uint32_t>(service));
  return found == view.snapshot.services.end() ? kNothing : found->second;
}

void PerService(Page& page, const ShardView& view, const std::vector<std::string>& services) {
  const auto each = [&](MetricFamily& family, const auto& add) {
    for (std::size_t i = 0; i < services.size(); ++i) add(family, i, Counts(view, i));
  };
  each(
      page.Family("destination_client_update_latency_seconds",
                  "From the scheduled scale event to the update's arrival on a stream, by quantile",
                  MetricType::Summary),
      [&](auto& family, std::size_t i, const auto& c) { Page::Quantiles(family, Service(services[i]), c.end_to_end); });
  each(page.Family("destination_client_end_to_end_latency_seconds",
                   "From the scheduled scale event to the update's arrival on a stream", MetricType::Histogram),
       [&](auto& family, std::size_t i, const auto& c) { Page::Buckets(family, Service(services[i]), c.end_to_end); });
  each(page.Family("destination_client_destination_latency_seconds",
                   "From the change's publication by Kubernetes to the update's arrival on a stream",
                   MetricType::Histogram),
       [&](auto& family, std::size_t i, const auto& c) { Page::Buckets(family, Service(services[i]), c.destination); });
  each(
      page.Family("destination_client_first_update_seconds", "From a stream's opening to its first message",
                  MetricType::Histogram),
      [&](auto& family, std::size_t i, const auto& c) { Page::Buckets(family, Service(services[i]), c.first_update); });
  each(page.Family("destination_client_updates_received_total", "Endpoint adds and removes received, over all streams",
                   MetricType::Counter),
       [&](auto& family, std::size_t i, const auto&) {
         Page::Count(family, Service(services[i]), i < view.updates.size() ? view.updates[i] : 0);
       });
  each(page.Family("destination_client_messages_received_total", "gRPC messages received, over all streams",
                   MetricType::Counter),
       [&](auto& family, std::size_t i, const auto& c) { Page::Count(family, Service(services[i]), c.messages); });
  each(page.Family("destination_client_changes", "Endpoint changes due on streams, by what became of them",
                   MetricType::Gauge),
       [&](auto& family, std::size_t i, const auto& c) {
         const std::pair<const char*, std::uint64_t> states[] = {
             {"credited", c.credited}, {"missing", c.missing}, {"pending", c.pending}};
         for (const auto& [state, value] : states) {
           auto& metric = family.metric.emplace_back();
           metric.label = {{"service", services[i]}, {"state", state}};
           metric.gauge.value = static_cast<double>(value);
         }
       });
}

void Streams(Page& page, const measure::ClientSnapshot& s) {
  page.Gauge("destination_client_streams_active", "Streams open now", s.streams_open);
  page.Gauge("destination_client_streams_target", "Streams that should be open", s.streams_target);
  page.Gauge("destination_client_streams_joined", "Streams that hold, or have held, the whole truth", s.streams_joined);
  page.Counter("destination_client_streams_created_total", "Streams opened", s.streams_created);
  page.Counter("destination_client_streams_reset_total", "Streams ended by this client, to be opened again",
               s.streams_reset);
  page.Counter("destination_client_send_timeouts_total",
               "Streams ended by the server with OK or a deadline: overflow or shutdown", s.send_timeouts);
  auto& errors = page.Family("destination_client_connection_errors_total",
                             "Streams that failed or could not be opened, by reason", MetricType::Counter);
  for (const char* reason : kErrorReasons) {
    const auto found = s.errors.find(reason);
    Page::Count(errors, {{"reason", reason}}, found == s.errors.end() ? 0 : found->second);
  }
  page.Counter("destination_client_closed_ok_total",
               "Streams that the server ended with OK, of those in destination_client_send_timeouts_total",
               s.closed_ok);
  Page::Quantiles(page.Family("destination_client_stream_lifetime_seconds", "How long streams lived, by quantile",
                              MetricType::Summary),
                  {}, s.stream_lifetime);
  Page::Quantiles(page.Family("destination_client_connection_duration_seconds", "How long connecting took, by quantile",
                              MetricType::Summary),
                  {}, s.connection_duration);
}

void Judgement(Page& page, const measure::ClientSnapshot& s) {
  auto& violations =
      page.Family("destination_client_invariant_violations_total", "Invariants found broken", MetricType::Counter);
  for (std::size_t i = 0; i < measure::kInvariantCount; ++i) {
    const std::string name{measure::InvariantName(static_cast<measure::Invariant>(i))};
    Page::Count(violations, {{"invariant", name}}, s.violations[i]);
  }
  page.Counter("destination_client_early_overflow_total", "Observations dropped because the truth came too late",
               s.early_overflow);
  page.Counter("destination_client_truth_gaps_total", "Holes in the history of the truth", s.truth_gaps);
}

void OwnError(Page& page, const measure::ClientSnapshot& s) {
  Page::Quantiles(
      page.Family("destination_client_event_loop_lag_seconds",
                  "How late this client took an event of its own that was due, by quantile", MetricType::Summary),
      {}, s.lag.queue);
  Page::Quantiles(
      page.Family("destination_client_credit_seconds",
                  "From an update's arrival to the end of its crediting, a sample, by quantile", MetricType::Summary),
      {}, s.lag.credit);
  page.Family("destination_client_cpu_seconds_total", "Processor time of the threads that read", MetricType::Counter)
      .metric.emplace_back()
      .counter.value = Seconds(s.lag.cpu.count());
  page.Family("destination_client_clock_error_seconds", "Bound on this clock's error against the churn worker's",
              MetricType::Gauge)
      .metric.emplace_back()
      .gauge.value = Seconds(s.clock_error.count());
  page.Counter("destination_client_clock_jumps_total", "Times that this host's wall clock was set", s.clock_jumps);
}

}  // namespace

std::string RenderMetrics(const ShardView& view, const std::vector<std::string>& services) {
  Page page;
  PerService(page, view, services);
  Streams(page, view.snapshot);
  Judgement(page, view.snapshot);
  OwnError(page, view.snapshot);
  return page.Text();
}

}  // namespace dst_load::workers
