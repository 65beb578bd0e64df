#include "workers/churn/metrics_page.h"

#include <string_view>

#include <fmt/format.h>

namespace dst_load::workers::churn {
namespace {

using coordination::ChurnStep;

/// Upper bounds in microseconds: 1 ms to 60 s, every criterion's bound among them.
constexpr std::int64_t kBuckets[] = {1'000,     2'000,      5'000,      10'000,     20'000,     50'000,
                                     100'000,   200'000,    500'000,    1'000'000,  2'000'000,  3'000'000,
                                     5'000'000, 10'000'000, 15'000'000, 20'000'000, 30'000'000, 60'000'000};

class Page {
 public:
  void Head(std::string_view name, std::string_view type, std::string_view help) {
    name_ = fmt::format("destination_churn_{}", name);
    text_ += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name_, type, help);
  }
  void Sample(std::string_view labels, std::uint64_t value) {
    text_ += labels.empty() ? fmt::format("{} {}\n", name_, value) : fmt::format("{}{{{}}} {}\n", name_, labels, value);
  }
  void One(std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
    Head(name, type, help);
    Sample("", value);
  }
  void Histogram(std::string_view name, std::string_view help, const measure::Histogram& histogram) {
    Head(name, "histogram", help);
    for (const std::int64_t bound : kBuckets) {
      text_ += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", name_, static_cast<double>(bound) / 1e6,
                           histogram.CountAtMost(Micros{bound}));
    }
    text_ += fmt::format("{}_bucket{{le=\"+Inf\"}} {}\n", name_, histogram.Count());
    text_ += fmt::format("{}_sum {}\n", name_, static_cast<double>(histogram.Sum()) / 1e6);
    text_ += fmt::format("{}_count {}\n", name_, histogram.Count());
  }
  std::string Text() && { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

void RenderServices(const ChurnOptions& options, const RunView& view, Page& page) {
  const auto each = [&](auto value) {
    for (std::uint32_t i = 0; i < view.services.size(); ++i) {
      page.Sample(fmt::format("service=\"{}\"", options.ServiceName(i)), value(view.services[i]));
    }
  };
  page.Head("endpoints", "gauge", "Ready endpoints in the EndpointSlices of a service.");
  each([](const ServiceTally& service) { return service.endpoints; });
  page.Head("target_endpoints", "gauge", "Endpoints that a service was last told to have.");
  each([](const ServiceTally& service) { return service.target; });
  page.Head("endpoint_changes_total", "counter", "Endpoints that Kubernetes added to or removed from a service.");
  for (std::uint32_t i = 0; i < view.services.size(); ++i) {
    const std::string service = options.ServiceName(i);
    page.Sample(fmt::format("service=\"{}\",kind=\"add\"", service), view.services[i].added);
    page.Sample(fmt::format("service=\"{}\",kind=\"remove\"", service), view.services[i].removed);
  }
}

void RenderStep(const RunView& view, Page& page) {
  page.Head("step", "gauge", "1 for the step that the run is in.");
  for (auto step = ChurnStep::kCreating; step <= ChurnStep::kFailed;
       step = static_cast<ChurnStep>(static_cast<int>(step) + 1)) {
    page.Sample(fmt::format("step=\"{}\"", coordination::ChurnStepName(step)), step == view.progress.step ? 1 : 0);
  }
}

}  // namespace

std::string RenderMetrics(const ChurnOptions& options, const RunView& view) {
  Page page;
  page.One("services", "gauge", "Services under churn.", view.services.size());
  page.One("services_created_total", "counter", "Services created; adopted ones are not counted.",
           view.snapshot.services_created);
  page.Head("scale_events_total", "counter", "Deployments told to scale.");
  page.Sample("direction=\"up\"", view.scale_up);
  page.Sample("direction=\"down\"", view.scale_down);
  page.One("scale_errors_total", "counter", "Scale requests that failed and were tried again.",
           view.snapshot.scale_errors);
  page.One("cycle", "gauge", "Complete cycles.", view.progress.cycle);
  RenderStep(view, page);
  RenderServices(options, view, page);
  page.One("changes_without_cause_total", "counter", "Endpoint changes that no scale event of ours explains.",
           view.snapshot.changes_without_cause);
  page.One("overruns_total", "counter", "Holds that waited for Kubernetes to reach the step's target.",
           view.snapshot.overruns);
  page.Histogram("kubernetes_latency_seconds",
                 "From the scheduled time of a scale event to each of its endpoint changes in an EndpointSlice.",
                 view.snapshot.kubernetes);
  page.Histogram("schedule_lag_seconds", "How late scale requests were sent, after their scheduled time.",
                 view.snapshot.schedule_lag);
  page.One("destination_scrapes_total", "counter", "Times that the destination service's metrics page was asked for.",
           view.snapshot.destination.scrapes);
  page.One("destination_scrape_failures_total", "counter", "Of these, those that brought nothing.",
           view.snapshot.destination.failures);
  page.One("clock_jumps_total", "counter", "Times that the wall clock was set during the run.",
           view.snapshot.clock_jumps);
  return std::move(page).Text();
}

}  // namespace dst_load::workers::churn
