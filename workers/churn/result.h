#pragma once

#include <optional>
#include <string>

#include "coordination/server.h"
#include "workers/churn/options.h"
#include "workers/churn/run_state.h"

namespace dst_load::workers::churn {

/// How a run ended.
enum class Ending {
  kDone,         ///< all cycles, or the whole duration
  kStopped,      ///< by the coordinator
  kInterrupted,  ///< by a signal
  kFailed,
};
std::string_view EndingName(Ending ending);

struct Outcome {
  Ending ending = Ending::kDone;
  std::string reason;  ///< of a failure
  std::string message;
  int exit_code = 0;
  bool cleaned = false;
  RunView view;
};

/// The JSON object that churn prints on stdout when it exits; spans are whole microseconds. `run` is what an embedded
/// coordinator merged over all workers. Pure.
std::string RenderResult(const ChurnOptions& options, const Outcome& outcome,
                         const std::optional<coordination::RunView>& run);

}  // namespace dst_load::workers::churn
