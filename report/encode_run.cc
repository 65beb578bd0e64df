#include <cmath>

#include "report/json.h"

namespace dst_load::report {
namespace {

Json OptionalMicros(const std::optional<Micros>& span) { return span ? Json(span->count()) : Json(nullptr); }

/// JSON has no infinity: what is no number is null.
Json Finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json EncodeSummary(const Summary& summary) {
  return {{"count", summary.count},
          {"minMicros", OptionalMicros(summary.min)},
          {"p50Micros", OptionalMicros(summary.p50)},
          {"p95Micros", OptionalMicros(summary.p95)},
          {"p99Micros", OptionalMicros(summary.p99)},
          {"p999Micros", OptionalMicros(summary.p999)},
          {"maxMicros", OptionalMicros(summary.max)}};
}

}  // namespace

Json EncodeHistogram(const measure::Histogram& histogram) {
  const auto wire = histogram.ToWire();
  Json buckets = Json::array();
  for (const auto& [index, count] : wire.buckets) buckets.push_back(Json::array({index, count}));
  Json encoded = EncodeSummary(Summarize(histogram));
  encoded["sumMicros"] = wire.sum;
  encoded["below"] = wire.below;
  encoded["above"] = wire.above;
  encoded["buckets"] = std::move(buckets);
  return encoded;
}

Json EncodeCounts(const measure::ServiceCounts& counts) {
  return {{"due", counts.due},
          {"updates", counts.credited},
          {"missing", counts.missing},
          {"pending", counts.pending},
          {"messages", counts.messages},
          {"redundant", counts.redundant},
          {"coalesced", counts.coalesced},
          {"replaced", counts.replaced},
          {"slowReaders", counts.slow_readers}};
}

namespace {

void AddHistograms(const measure::ServiceCounts& counts, Json& into) {
  into["destination"] = EncodeHistogram(counts.destination);
  into["endToEnd"] = EncodeHistogram(counts.end_to_end);
  into["firstUpdate"] = EncodeHistogram(counts.first_update);
}

}  // namespace

Json EncodeServices(const Report& report) {
  Json services = Json::array();
  for (const auto& [index, counts] : report.run.clients.services) {
    Json service = {{"service", index}};
    if (!report.facts.service_prefix.empty()) service["name"] = ServiceName(report.facts, index);
    service["counts"] = EncodeCounts(counts);
    const auto summary = report.services.find(index);
    if (!Omits(report, kServiceBuckets)) {
      AddHistograms(counts, service);
    } else if (summary != report.services.end()) {
      service["destination"] = EncodeSummary(summary->second.destination);
      service["endToEnd"] = EncodeSummary(summary->second.end_to_end);
      service["firstUpdate"] = EncodeSummary(summary->second.first_update);
    }
    services.push_back(std::move(service));
  }
  return services;
}

Json EncodeSlow(const measure::ServiceCounts& slow) {
  Json encoded = {{"counts", EncodeCounts(slow)}};
  AddHistograms(slow, encoded);
  return encoded;
}

Json EncodeGauges(const measure::GaugeSeries& series) {
  Json values = Json::array();
  for (const auto& slot : series.Slots()) values.push_back(slot.value ? Finite(*slot.value) : Json(nullptr));
  return {{"widthMicros", series.Width().count()}, {"first", series.First()}, {"values", std::move(values)}};
}

Json EncodeTimeline(const Timeline& timeline) {
  Json slots = Json::array();
  for (const auto& slot : timeline.slots) {
    slots.push_back({{"updates", slot.updates},
                     {"destinationP50Micros", OptionalMicros(slot.destination.p50)},
                     {"destinationP99Micros", OptionalMicros(slot.destination.p99)},
                     {"endToEndP50Micros", OptionalMicros(slot.end_to_end.p50)},
                     {"endToEndP99Micros", OptionalMicros(slot.end_to_end.p99)},
                     {"held", slot.held ? Json(*slot.held) : Json(nullptr)}});
  }
  return {{"startAtMicros", InMicros(timeline.start)},
          {"widthMicros", timeline.width.count()},
          {"slots", std::move(slots)}};
}

Json EncodeConvergence(const Report& report) {
  Json encoded = {{"times", EncodeHistogram(report.convergence)},
                  {"eventsDropped", report.run.clients.convergence.Dropped()}};
  if (Omits(report, kEvents)) return encoded;
  Json events = Json::array();
  for (const auto& [key, event] : report.run.clients.convergence.Events()) {
    events.push_back({{"t0AtMicros", InMicros(key.t0)},
                      {"service", key.service},
                      {"tookMicros", (event.last_t2 - key.t0).count()},
                      {"updates", event.updates},
                      {"missing", event.missing}});
  }
  encoded["events"] = std::move(events);
  return encoded;
}

Json EncodeDestination(const Report& report) {
  const auto& metrics = report.run.churn.destination;
  Json figures = Json::object();
  for (const auto& [name, figure] : metrics.figures) {
    Json encoded = {{"firstAtMicros", InMicros(figure.first_at)},
                    {"lastAtMicros", InMicros(figure.last_at)},
                    {"first", Finite(figure.first)},
                    {"last", Finite(figure.last)},
                    {"max", Finite(figure.max)}};
    if (!Omits(report, kDestinationSeries)) encoded["series"] = EncodeGauges(figure.over_time);
    figures[name] = std::move(encoded);
  }
  Json absent = Json::array();
  for (const auto name : metrics.Absent()) absent.push_back(name);
  return {{"asked", metrics.asked},     {"scrapes", metrics.scrapes},    {"failures", metrics.failures},
          {"trouble", metrics.trouble}, {"figures", std::move(figures)}, {"absent", std::move(absent)}};
}

Json EncodeSchedule(const Report& report) {
  const auto& churn = report.run.churn;
  Json encoded = {{"lag", EncodeHistogram(churn.schedule_lag)}, {"marksDropped", churn.marks_dropped}};
  if (Omits(report, kMarks)) return encoded;
  Json marks = Json::array();
  for (const auto& mark : churn.marks) {
    marks.push_back({{"atMicros", InMicros(mark.at)}, {"step", mark.step}, {"cycle", mark.cycle}});
  }
  encoded["marks"] = std::move(marks);
  return encoded;
}

}  // namespace dst_load::report
