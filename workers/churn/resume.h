#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coordination/worker_session.h"
#include "measure/truth.h"
#include "workers/churn/schedule.h"

namespace dst_load::workers::churn {

/// Where a worker is to begin, by what the coordinator knows of the workers before it.
struct ResumePoint {
  enum class Kind {
    kFresh,     ///< nothing was under way: create (or adopt) and wait for the start
    kRunning,   ///< go on at `position`
    kFinished,  ///< only the release is to be waited for
    kCleaned,   ///< nothing is left to do
    kFailed,    ///< it failed under way, and so do we
  };
  Kind kind = Kind::kFresh;
  Position position;
  std::vector<WallTime> scheduled;           ///< newest T0 reported, by service
  std::optional<measure::TruthState> truth;  ///< as last known, history applied
  std::optional<std::uint64_t> seed;
  std::string reason;  ///< of a failure
  std::string message;
};

/// Pure.
ResumePoint DecideResume(const coordination::Welcome& welcome);

/// The state that `update` leads to; nullopt when it says nothing. Changes at or below its seq are skipped.
std::optional<measure::TruthState> Replay(const coordination::TruthUpdate& update);

}  // namespace dst_load::workers::churn
