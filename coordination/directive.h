#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/time.h"
#include "coordination/worker_session.h"
#include "measure/truth.h"

namespace dst_load::coordination {

/// What a worker says first. `truth_seq`: the newest truth a client knows.
struct Greeting {
  bool churn = false;
  std::string instance;
  std::string pod;
  std::optional<measure::Seq> truth_seq;
};

/// What the coordinator tells a worker.
struct WelcomeDirective {
  Welcome welcome;
  std::optional<measure::Seq> truth_seq;  ///< newest truth the coordinator holds
};
struct ProbeDirective {
  WallTime sent;
};
struct StartDirective {};
struct StopDirective {};
struct ReleaseDirective {};
struct PaceDirective {
  bool suspended = false;
};
struct DrainDirective {
  measure::Seq last_seq = 0;
};
struct AckDirective {
  std::uint64_t number = 0;
};
struct TruthCurrentDirective {};
struct ClockOffsetDirective {
  ClockOffset offset;
};
using Directive =
    std::variant<WelcomeDirective, ProbeDirective, TruthUpdate, StartDirective, DrainDirective, StopDirective,
                 ReleaseDirective, AckDirective, ClockOffsetDirective, TruthCurrentDirective, PaceDirective>;

}  // namespace dst_load::coordination
