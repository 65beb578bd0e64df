#pragma once

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "coordination/directive.h"
#include "coordination/progress.h"
#include "coordination/report.h"
#include "coordination/worker_session.h"
#include "measure/snapshot.h"
#include "proto/coordination.pb.h"

// Between messages and structs. Everything that arrives is checked: FromWire fails with kInvalid, naming the field.
namespace dst_load::coordination {

namespace pb = ::dst_load::coordination::v1;

/// Most services of a run, and longest texts, that are believed.
inline constexpr std::uint32_t kMaxServices = 100'000;
inline constexpr std::size_t kMaxName = 253;
inline constexpr std::size_t kMaxText = 1000;
inline constexpr std::size_t kMaxReason = 64;
inline constexpr int kMaxOffences = 20;

/// At most `limit` bytes of valid UTF-8, as a message's text must be; what is not becomes '?'.
std::string ClipText(std::string_view text, std::size_t limit);

inline std::int64_t ToWire(WallTime t) { return t.time_since_epoch().count(); }
/// An instant of 1970 to 2262; others are not believed, and brought in there: differences of two are numbers still.
inline WallTime TimeFromWire(std::int64_t us) {
  return WallTime{Micros{std::clamp<std::int64_t>(us, 0, std::numeric_limits<std::int64_t>::max() / 1000)}};
}
/// A span of at most 35 years either way, of which a sum over all workers is a number still.
inline Micros SpanFromWire(std::int64_t us) {
  constexpr std::int64_t kLongest = std::int64_t{1} << 50;
  return Micros{std::clamp(us, -kLongest, kLongest)};
}

pb::Histogram ToWire(const measure::Histogram& histogram);
Result<measure::Histogram> FromWire(const pb::Histogram& wire);
Status ReadHistogram(const pb::Histogram& wire, measure::Histogram& out);

/// Series over time and by scale event (wire_series.cc).
pb::ClientTimeline ToWire(const measure::ClientTimeline& timeline);
Status ReadTimeline(const pb::ClientTimeline& wire, measure::ClientTimeline& out);
pb::GaugeSeries ToWire(const measure::GaugeSeries& series);
Status ReadGauges(const pb::GaugeSeries& wire, measure::GaugeSeries& out);
void ConvergenceToWire(const measure::ConvergenceLog& log, pb::ClientReport& wire);
Status ReadConvergence(const pb::ClientReport& wire, measure::ConvergenceLog& out);
pb::DestinationMetrics ToWire(const measure::DestinationMetrics& metrics);
Status ReadDestination(const pb::DestinationMetrics& wire, measure::DestinationMetrics& out);

pb::ClientReport ToWire(const measure::ClientSnapshot& snapshot, const ClientStatus& status);
Result<measure::ClientSnapshot> SnapshotFromWire(const pb::ClientReport& wire);
/// Texts are clipped to what is believed, not refused.
ClientStatus StatusFromWire(const pb::ClientReport& wire);
/// Checks a whole report and keeps it packed.
Result<ClientReport> PackFromWire(const pb::ClientReport& wire);

pb::ChurnProgress ToWire(const ChurnProgress& progress);
Result<ChurnProgress> FromWire(const pb::ChurnProgress& wire);
pb::ChurnReport ToWire(const ChurnReport& report);
Result<ChurnReport> FromWire(const pb::ChurnReport& wire);

pb::Truth ToWire(const TruthUpdate& update);
Result<TruthUpdate> FromWire(const pb::Truth& wire);

Result<Greeting> FromWire(const pb::Hello& wire);
pb::Directive ToWire(const Directive& directive);
Result<WelcomeDirective> FromWire(const pb::Welcome& wire);

}  // namespace dst_load::coordination
