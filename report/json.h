#pragma once

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

#include "report/report.h"

// Between a Report and its JSON; for the files of this room only.
namespace dst_load::report {

using Json = nlohmann::ordered_json;

/// What may be left out: names as in `omitted`.
inline constexpr std::string_view kServiceBuckets = "services.buckets", kTimeline = "timeline",
                                  kEndpoints = "endpoints", kDestinationSeries = "destination.series",
                                  kEvents = "convergence.events", kServices = "services", kMarks = "schedule.marks",
                                  kWorkers = "workers", kCalibration = "calibration", kSpec = "spec";

inline bool Omits(const Report& report, std::string_view what) {
  return std::find(report.omitted.begin(), report.omitted.end(), what) != report.omitted.end();
}

inline std::int64_t InMicros(WallTime t) { return t.time_since_epoch().count(); }

Json Encode(const Report& report);

/// Parts of a report that are figures alone (encode_run.cc).
Json EncodeHistogram(const measure::Histogram& histogram);
Json EncodeCounts(const measure::ServiceCounts& counts);
Json EncodeGauges(const measure::GaugeSeries& series);
Json EncodeTimeline(const Timeline& timeline);
Json EncodeConvergence(const Report& report);
Json EncodeServices(const Report& report);
Json EncodeSlow(const measure::ServiceCounts& slow);
Json EncodeDestination(const Report& report);
Json EncodeSchedule(const Report& report);

class Fields;
void DecodeRun(const Fields& fields, Report& report);

}  // namespace dst_load::report
