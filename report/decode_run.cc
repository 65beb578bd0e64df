#include "report/fields.h"

namespace dst_load::report {
namespace {

measure::ServiceCounts DecodeCounts(const Fields& fields) {
  measure::ServiceCounts counts;
  counts.due = fields.Count("due");
  counts.credited = fields.Count("updates");
  counts.missing = fields.Count("missing");
  counts.pending = fields.Count("pending");
  counts.messages = fields.Count("messages");
  counts.redundant = fields.Count("redundant");
  counts.coalesced = fields.Count("coalesced");
  counts.replaced = fields.Count("replaced");
  counts.slow_readers = fields.Count("slowReaders");
  if (counts.credited + counts.missing + counts.pending != counts.due) {
    fields.Refuse("due", "is not the sum of updates, missing and pending");
  }
  return counts;
}

void DecodeHistograms(const Fields& fields, measure::ServiceCounts& counts) {
  counts.destination = fields.Histogram("destination");
  counts.end_to_end = fields.Histogram("endToEnd");
  counts.first_update = fields.Histogram("firstUpdate");
}

Summary DecodeSummary(const Fields& fields) {
  return {fields.Count("count"),         fields.MaybeSpan("minMicros"), fields.MaybeSpan("p50Micros"),
          fields.MaybeSpan("p95Micros"), fields.MaybeSpan("p99Micros"), fields.MaybeSpan("p999Micros"),
          fields.MaybeSpan("maxMicros")};
}

void DecodeServices(const Fields& fields, Report& report) {
  if (Omits(report, kServices)) return;
  fields.Each("services", [&](const Fields& service) {
    measure::ServiceCounts counts = DecodeCounts(service.Object("counts"));
    if (!Omits(report, kServiceBuckets)) DecodeHistograms(service, counts);
    const std::uint32_t index = service.SmallCount("service");
    report.services[index] = {DecodeSummary(service.Object("destination")), DecodeSummary(service.Object("endToEnd")),
                              DecodeSummary(service.Object("firstUpdate"))};
    if (!report.run.clients.services.emplace(index, std::move(counts)).second) {
      service.Refuse("service", "is there twice");
    }
  });
}

void DecodeTotals(const Fields& fields, Report& report) {
  report.total = DecodeCounts(fields.Object("counts"));
  const Fields legs = fields.Object("legs");
  report.run.churn.kubernetes = legs.Histogram("kubernetes");
  report.total.destination = legs.Histogram("destination");
  report.total.end_to_end = legs.Histogram("endToEnd");
  report.total.first_update = fields.Histogram("firstUpdate");
  const Fields slow = fields.Object("slowReaders");
  report.run.clients.slow = DecodeCounts(slow.Object("counts"));
  DecodeHistograms(slow, report.run.clients.slow);
}

void DecodeConvergence(const Fields& fields, Report& report) {
  report.convergence = fields.Histogram("times");
  auto& log = report.run.clients.convergence;
  log.CountDropped(fields.Count("eventsDropped"));
  if (Omits(report, kEvents)) return;
  fields.Each("events", [&](const Fields& event) {
    const WallTime t0 = event.Time("t0AtMicros");
    log.Put({t0, event.SmallCount("service")},
            {t0 + event.Span("tookMicros"), event.Count("updates"), event.Count("missing")});
  });
}

void DecodeViolations(const Fields& fields, Report& report) {
  const Fields violations = fields.Object("violations");
  for (std::size_t i = 0; i < measure::kInvariantCount; ++i) {
    report.run.clients.violations[i] = violations.Count(measure::InvariantName(static_cast<measure::Invariant>(i)));
  }
  report.run.offences = fields.Texts("offences");
}

void DecodeStreams(const Fields& fields, Report& report) {
  auto& clients = report.run.clients;
  clients.streams_target = fields.Count("target");
  clients.streams_open = fields.Count("open");
  clients.streams_joined = fields.Count("joined");
  clients.streams_settled = fields.Count("settled");
  clients.streams_created = fields.Count("created");
  clients.send_timeouts = fields.Count("sendTimeouts");
  clients.stream_lifetime = fields.Histogram("lifetime");
  clients.connection_duration = fields.Histogram("connection");
  const Fields endings = fields.Object("endings");
  report.endings = {endings.Count("closedOK"), endings.MaybeCount("overflow"), endings.MaybeCount("shutdown"),
                    endings.Count("deadline"), endings.Count("reset"),         endings.Counts("errors")};
  clients.closed_ok = report.endings.closed_ok;
  clients.streams_reset = report.endings.reset;
  clients.errors = report.endings.errors;
}

void DecodeTimeline(const Fields& fields, Report& report) {
  if (Omits(report, kTimeline)) return;
  const Fields timeline = fields.Object("timeline");
  report.timeline.start = timeline.Time("startAtMicros");
  report.timeline.width = timeline.Span("widthMicros");
  timeline.Each("slots", [&](const Fields& slot) {
    report.timeline.slots.push_back({slot.Count("updates"),
                                     {slot.MaybeSpan("destinationP50Micros"), slot.MaybeSpan("destinationP99Micros")},
                                     {slot.MaybeSpan("endToEndP50Micros"), slot.MaybeSpan("endToEndP99Micros")},
                                     slot.MaybeCount("held")});
  });
  const auto slots = static_cast<std::int64_t>(report.timeline.slots.size());
  const std::int64_t width = report.timeline.width.count();
  if (slots > 0 && (width <= 0 || width > Fields::kFarthest / slots)) {
    timeline.Refuse("widthMicros", "is out of range");
  }
}

void DecodeSchedule(const Fields& fields, Report& report) {
  auto& churn = report.run.churn;
  churn.schedule_lag = fields.Histogram("lag");
  churn.marks_dropped = fields.Count("marksDropped");
  if (Omits(report, kMarks)) return;
  fields.Each("marks", [&](const Fields& mark) {
    churn.marks.push_back({mark.Time("atMicros"), mark.Text("step"), mark.SmallCount("cycle")});
  });
}

void DecodeDestination(const Fields& fields, Report& report) {
  auto& metrics = report.run.churn.destination;
  metrics.asked = fields.Flag("asked");
  metrics.scrapes = fields.Count("scrapes");
  metrics.failures = fields.Count("failures");
  metrics.trouble = fields.Text("trouble");
  fields.EachNamed("figures", [&](const std::string& name, const Fields& figure) {
    auto& read = metrics.figures[name];
    read.first_at = figure.Time("firstAtMicros");
    read.last_at = figure.Time("lastAtMicros");
    read.first = figure.Number("first");
    read.last = figure.Number("last");
    read.max = figure.Number("max");
    if (!Omits(report, kDestinationSeries)) read.over_time = figure.Gauges("series");
  });
}

void DecodeClock(const Fields& fields, Report& report) {
  report.run.clients.clock_error = fields.Span("errorMicros");
  report.run.clients.clock_jumps = fields.Count("clientJumps");
  report.run.churn.clock_jumps = fields.Count("churnJumps");
}

void DecodeLag(const Fields& fields, Report& report) {
  auto& lag = report.run.clients.lag;
  lag.queue = fields.Histogram("queue");
  lag.credit = fields.Histogram("credit");
  lag.cpu = fields.Span("cpuMicros");
  lag.wall = fields.Span("wallMicros");
}

}  // namespace

void DecodeRun(const Fields& fields, Report& report) {
  DecodeTotals(fields, report);
  DecodeConvergence(fields.Object("convergence"), report);
  DecodeViolations(fields, report);
  DecodeStreams(fields.Object("streams"), report);
  DecodeServices(fields, report);
  DecodeSchedule(fields.Object("schedule"), report);
  DecodeLag(fields.Object("lag"), report);
  DecodeClock(fields.Object("clock"), report);
  DecodeTimeline(fields, report);
  if (!Omits(report, kEndpoints)) report.run.churn.endpoints = fields.Gauges("endpoints");
  DecodeDestination(fields.Object("destination"), report);
}

}  // namespace dst_load::report
