#include "workers/churn/resume.h"

#include <algorithm>

namespace dst_load::workers::churn {

using coordination::ChurnStep;
using Kind = ResumePoint::Kind;

namespace {

Kind KindOf(const coordination::Welcome& welcome) {
  switch (welcome.last_progress->step) {
    case ChurnStep::kUnknown:
    case ChurnStep::kCreating:
    case ChurnStep::kReady:
      return Kind::kFresh;
    case ChurnStep::kStable:
    case ChurnStep::kScaleUp:
    case ChurnStep::kHoldMax:
    case ChurnStep::kScaleDown:
    case ChurnStep::kHoldMin:
      return Kind::kRunning;
    case ChurnStep::kFinished:
      return Kind::kFinished;
    case ChurnStep::kCleaned:
      return Kind::kCleaned;
    case ChurnStep::kFailed:
      // Before the start a failure may have been of the moment: a name that was taken, a quota.
      return welcome.started ? Kind::kFailed : Kind::kFresh;
  }
  return Kind::kFresh;
}

}  // namespace

ResumePoint DecideResume(const coordination::Welcome& welcome) {
  ResumePoint point;
  if (welcome.truth) point.truth = Replay(*welcome.truth);
  if (!welcome.last_progress) return point;
  const coordination::ChurnProgress& last = *welcome.last_progress;
  point.kind = KindOf(welcome);
  point.position = {last.step, last.cycle, last.step_started};
  point.scheduled = last.scheduled;
  point.seed = last.seed;
  point.reason = last.reason;
  point.message = last.message;
  // Numbers are never used twice, even where the state behind them is lost.
  if (!point.truth && last.last_seq > 0) point.truth = measure::TruthState{last.last_seq, {}};
  return point;
}

std::optional<measure::TruthState> Replay(const coordination::TruthUpdate& update) {
  if (!update.state) return std::nullopt;
  measure::TruthState state = *update.state;
  for (const measure::Change& change : update.changes) {
    if (change.seq <= state.seq || change.service >= state.services.size()) continue;
    state.seq = change.seq;
    auto& endpoints = state.services[change.service];
    const auto at = std::lower_bound(endpoints.begin(), endpoints.end(), change.endpoint);
    const bool there = at != endpoints.end() && *at == change.endpoint;
    if (change.added && !there) endpoints.insert(at, change.endpoint);
    if (!change.added && there) endpoints.erase(at);
  }
  return state;
}

}  // namespace dst_load::workers::churn
