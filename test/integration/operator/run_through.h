#pragma once

#include <functional>
#include <ostream>
#include <string>

#include "test/integration/coordination/stage.h"
#include "test/integration/operator/cluster.h"

namespace dst_load::op::test {

/// The workers of a run of LoadTest "x": real sessions, played by the test.
struct Cast {
  explicit Cast(Cluster& cluster);
  coordination::test::Theatre theatre;
  coordination::test::Churn churn;
  coordination::test::Client one, two;
};

/// How a run ended, as far as it must not depend on what went wrong on the way.
struct Ending {
  std::string phase, verdict, cycles;
  std::uint64_t due = 0, updates = 0, missing = 0, violations = 0;
  int starts = 0;  ///< how often churn was told to
  bool operator==(const Ending&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Ending& ending);

/// What every run of RunThrough ends with.
Ending WithoutFaults();

/// A LoadTest from its creation to its end: a churn worker, two clients of three streams, four changes before
/// `in_mid_run` and two after it. Requires on the way that the children are there once, that they stay the same
/// objects, and that all there is in the namespace at the end belongs to the test. Patience is ample and not asserted.
Ending RunThrough(Cluster& cluster, const std::function<void(Cast&)>& in_mid_run = {});

}  // namespace dst_load::op::test
