#include "workers/churn/resume.h"

#include <catch2/catch.hpp>

namespace dst_load::workers::churn {
namespace {

using namespace std::chrono_literals;
using coordination::ChurnProgress;
using coordination::ChurnStep;
using coordination::Welcome;
using measure::Endpoint;
using Kind = ResumePoint::Kind;

const WallTime kThen{Micros{24h * 365 * 50}};

Welcome At(ChurnStep step, bool started = true) {
  ChurnProgress last;
  last.step = step;
  last.cycle = 2;
  last.step_started = kThen;
  last.scheduled = {kThen, kThen + 1s};
  last.seed = 42;
  last.last_seq = 7;
  last.reason = "Why";
  return Welcome{started, last, std::nullopt};
}

TEST_CASE("The first worker of a run begins afresh", "[churn][resume]") {
  const ResumePoint point = DecideResume({});
  CHECK(point.kind == Kind::kFresh);
  CHECK_FALSE(point.seed);
  CHECK_FALSE(point.truth);
}

TEST_CASE("A worker begins where the one before it was", "[churn][resume]") {
  const std::pair<ChurnStep, Kind> cases[] = {
      {ChurnStep::kCreating, Kind::kFresh},  {ChurnStep::kReady, Kind::kFresh},
      {ChurnStep::kStable, Kind::kRunning},  {ChurnStep::kScaleUp, Kind::kRunning},
      {ChurnStep::kHoldMax, Kind::kRunning}, {ChurnStep::kScaleDown, Kind::kRunning},
      {ChurnStep::kHoldMin, Kind::kRunning}, {ChurnStep::kFinished, Kind::kFinished},
      {ChurnStep::kCleaned, Kind::kCleaned}, {ChurnStep::kFailed, Kind::kFailed},
  };
  for (const auto& [step, kind] : cases) {
    INFO(coordination::ChurnStepName(step));
    const ResumePoint point = DecideResume(At(step));
    CHECK(point.kind == kind);
    CHECK(point.position == Position{step, 2, kThen});
    CHECK(point.scheduled == std::vector{kThen, kThen + 1s});
    CHECK(point.seed == 42U);
  }
}

TEST_CASE("A failure before the start is tried again", "[churn][resume]") {
  CHECK(DecideResume(At(ChurnStep::kFailed, false)).kind == Kind::kFresh);
  CHECK(DecideResume(At(ChurnStep::kFailed, true)).reason == "Why");
}

TEST_CASE("Numbers go on even where the truth behind them is lost", "[churn][resume]") {
  const ResumePoint point = DecideResume(At(ChurnStep::kHoldMax));
  REQUIRE(point.truth);
  CHECK(point.truth->seq == 7);
  CHECK(point.truth->services.empty());
  Welcome nothing_told = At(ChurnStep::kCreating);
  nothing_told.last_progress->last_seq = 0;
  CHECK_FALSE(DecideResume(nothing_told).truth);
}

TEST_CASE("The truth that is known is gone on from", "[churn][resume]") {
  Welcome welcome = At(ChurnStep::kHoldMax);
  const measure::TruthState state{7, {{{"10.0.0.1", 8080, "a"}}}};
  welcome.truth = coordination::TruthUpdate{state, {}};
  const ResumePoint point = DecideResume(welcome);
  REQUIRE(point.truth);
  CHECK(point.truth->seq == state.seq);
  CHECK(point.truth->services == state.services);
}

TEST_CASE("History leads the state on, what it knows already aside", "[churn][resume]") {
  const Endpoint a{"10.0.0.1", 8080, "a"}, b{"10.0.0.2", 8080, "b"}, c{"10.0.0.3", 8080, "c"};
  coordination::TruthUpdate update;
  CHECK_FALSE(Replay(update));
  update.state = measure::TruthState{5, {{a, c}, {}}};
  update.changes = {{5, 0, c, false, std::nullopt, kThen}, {6, 0, b, true, std::nullopt, kThen},
                    {7, 0, a, false, std::nullopt, kThen}, {8, 1, a, true, std::nullopt, kThen},
                    {9, 1, a, true, std::nullopt, kThen},  {10, 9, a, true, std::nullopt, kThen}};
  const auto state = Replay(update);
  REQUIRE(state);
  CHECK(state->seq == 9);
  CHECK(state->services == std::vector<std::vector<Endpoint>>{{b, c}, {a}});
}

}  // namespace
}  // namespace dst_load::workers::churn
