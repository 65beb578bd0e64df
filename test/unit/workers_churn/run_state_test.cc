#include "workers/churn/run_state.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "kube/watch.h"

namespace dst_load::workers::churn {
namespace {

using namespace std::chrono_literals;
using kube::WatchEventType;
using nlohmann::json;
using Signal = RunState::Signal;

json Slice(const std::string& service, int from, int to) {
  json endpoints = json::array();
  for (int i = from; i < to; ++i) {
    endpoints.push_back({{"addresses", {fmt::format("10.0.0.{}", i)}},
                         {"targetRef", {{"kind", "Pod"}, {"name", fmt::format("p{}", i)}}}});
  }
  return {{"metadata", {{"name", service + "-x"}, {"labels", {{"kubernetes.io/service-name", service}}}}},
          {"ports", {{{"name", "http"}, {"port", 8080}}}},
          {"endpoints", endpoints}};
}

SchedulePlan Plan() {
  SchedulePlan plan;
  plan.pattern = Pattern::kOscillate;
  plan.services = 2;
  plan.min_endpoints = 2;
  plan.max_endpoints = 5;
  plan.cycles = 3;
  plan.seed = 9;
  return plan;
}

struct Fixture {
  FakeClock clock;
  std::vector<measure::Change> published;
  std::optional<measure::TruthState> start;
  RunState state{{"a-1", "a-2"}, Plan(), clock, [this](const std::vector<measure::Change>& changes) {
                   published.insert(published.end(), changes.begin(), changes.end());
                 }};

  void Watch(WatchEventType type, const json* object = nullptr) { state.OnWatch({type, object, clock.Wall()}); }
  void Apply(const json& object) { Watch(WatchEventType::kApplied, &object); }
  void Sync() {
    Watch(WatchEventType::kRestarted);
    Watch(WatchEventType::kSynced);
  }
  void StartPublishing() {
    state.StartPublishing([this](const measure::TruthState& truth) { start = truth; });
  }
};

TEST_CASE("What comes before the run is its first state, and not counted", "[churn][state]") {
  Fixture f;
  f.Sync();
  f.Apply(Slice("a-1", 0, 2));
  CHECK(f.published.empty());
  CHECK(f.state.View().progress.endpoints == 2);
  CHECK(f.state.View().progress.target_endpoints == 4);
  CHECK_FALSE(f.state.Converged());
  f.Apply(Slice("a-2", 10, 12));
  CHECK(f.state.Converged());
  f.StartPublishing();
  REQUIRE(f.start);
  CHECK(f.start->seq == 4);
  CHECK(f.start->services[1].size() == 2);
  CHECK(f.state.View().snapshot.changes == 0);
}

TEST_CASE("Endpoints count as there only once the watch is in step", "[churn][state]") {
  Fixture f;
  f.Watch(WatchEventType::kRestarted);
  f.Apply(Slice("a-1", 0, 2));
  f.Apply(Slice("a-2", 10, 12));
  CHECK_FALSE(f.state.Converged());
  f.Watch(WatchEventType::kSynced);
  CHECK(f.state.Converged());
}

TEST_CASE("Changes are published, counted and timed from the schedule", "[churn][state]") {
  Fixture f;
  f.Sync();
  f.Apply(Slice("a-1", 0, 2));
  f.StartPublishing();
  const WallTime t0 = f.clock.Wall();
  f.state.Scaling({t0, 0, Direction::kUp, 2, 5, true});
  f.clock.Advance(300ms);
  f.Apply(Slice("a-1", 0, 5));
  f.Apply(Slice("a-2", 10, 11));

  REQUIRE(f.published.size() == 4);
  CHECK(f.published[0].seq == f.start->seq + 1);
  CHECK(f.published[0].t0 == t0);
  CHECK_FALSE(f.published[3].t0);
  const RunView view = f.state.View();
  CHECK(view.snapshot.changes == 4);
  CHECK(view.snapshot.changes_without_cause == 1);
  CHECK(view.snapshot.kubernetes.Count() == 3);
  CHECK(view.snapshot.kubernetes.Max() == Micros{300ms});
  CHECK(view.snapshot.scale_events == 1);
  CHECK(view.scale_up == 1);
  CHECK(view.services[0].added == 3);
  CHECK(view.services[0].target == 5);
  CHECK(view.progress.scheduled[0] == t0);
  CHECK(view.progress.last_seq == 6);

  f.state.StopPublishing();
  f.Apply(Slice("a-1", 0, 0));
  CHECK(f.published.size() == 4);
  CHECK(f.state.View().snapshot.changes == 4);
}

TEST_CASE("An event that a worker before us sent is not counted again", "[churn][state]") {
  Fixture f;
  f.state.Restore({10, {{{"10.0.0.0", 8080, "p0"}, {"10.0.0.1", 8080, "p1"}}, {}}}, {f.clock.Wall(), {}});
  f.StartPublishing();
  CHECK(f.start->seq == 10);
  f.state.Scaling({f.clock.Wall(), 0, Direction::kUp, 2, 5, false});
  f.Watch(WatchEventType::kRestarted);
  f.Apply(Slice("a-1", 0, 5));
  f.Watch(WatchEventType::kSynced);
  CHECK(f.state.View().snapshot.scale_events == 0);
  REQUIRE(f.published.size() == 3);
  CHECK(f.published[0].seq == 11);
  CHECK(f.published[0].t0 == f.clock.Wall());
}

TEST_CASE("Lag is recorded once an event, errors each time", "[churn][state]") {
  Fixture f;
  const ScaleEvent event{f.clock.Wall(), 0, Direction::kUp, 2, 5, true};
  f.state.OnAttempt({event, 5ms, true, Fail(Code::kTimeout, "no")});
  f.state.OnAttempt({event, 105ms, false, {}});
  const RunView view = f.state.View();
  CHECK(view.snapshot.schedule_lag.Count() == 1);
  CHECK(view.snapshot.schedule_lag.Max() == Micros{5ms});
  CHECK(view.snapshot.scale_errors == 1);
}

TEST_CASE("Each step leaves a mark with its cycle, up to a bound; the rest is counted", "[churn][state]") {
  using coordination::ChurnStep;
  Fixture f;
  const WallTime start = f.clock.Wall();
  f.state.SetPosition({ChurnStep::kScaleUp, 0, start});
  f.state.SetPosition({ChurnStep::kHoldMax, 0, start + 5s});
  f.state.SetPosition({ChurnStep::kHoldMax, 1, start + 6s});
  f.state.SetPosition({ChurnStep::kScaleUp, 1, start + 9s});
  using Marks = std::vector<measure::ScheduleMark>;
  CHECK(f.state.View().snapshot.marks ==
        Marks{{start, "ScaleUp", 0}, {start + 5s, "HoldMax", 0}, {start + 9s, "ScaleUp", 1}});
  for (std::uint32_t i = 0; i < measure::ChurnSnapshot::kMaxMarks; ++i) {
    f.state.SetPosition({i % 2 == 0 ? ChurnStep::kHoldMin : ChurnStep::kScaleUp, i, start});
  }
  CHECK(f.state.View().snapshot.marks.size() == measure::ChurnSnapshot::kMaxMarks);
  CHECK(f.state.View().snapshot.marks_dropped == 3);
}

TEST_CASE("The endpoints of all services are known over time, by change and by look", "[churn][state]") {
  Fixture f;
  const auto over_time = [&] {
    std::vector<double> values;
    const measure::ChurnSnapshot snapshot = f.state.View().snapshot;
    for (const auto& slot : snapshot.endpoints.Slots()) values.push_back(slot.value.value_or(-1));
    return values;
  };
  f.Sync();
  f.Apply(Slice("a-1", 0, 2));
  f.Apply(Slice("a-2", 10, 13));
  CHECK(over_time() == std::vector<double>{5});
  f.clock.Advance(1s);
  f.state.RecordEndpoints();
  f.clock.Advance(2s);
  f.Apply(Slice("a-2", 10, 11));
  CHECK(over_time() == std::vector<double>{5, 5, -1, 4});
  f.clock.Advance(1s);
  f.state.RecordEndpoints();
  CHECK(over_time() == std::vector<double>{5, 5, -1, 4, 3});
}

TEST_CASE("Jumps of the clock and the destination's figures are part of the snapshot", "[churn][state]") {
  Fixture f;
  f.state.CountClockJump();
  measure::DestinationMetrics metrics;
  metrics.asked = true;
  metrics.scrapes = 3;
  f.state.SetDestination(metrics);
  CHECK(f.state.View().snapshot.clock_jumps == 1);
  CHECK(f.state.View().snapshot.destination == metrics);
}

TEST_CASE("A suspension is news once, each time that it changes", "[churn][state]") {
  Fixture f;
  f.state.SetSuspended(false);
  CHECK_FALSE(f.state.Raised(Signal::kPace));
  f.state.SetSuspended(true);
  CHECK(f.state.Wait({}, std::nullopt, {Signal::kPace}));
  CHECK(f.state.TakeSuspended());
  CHECK_FALSE(f.state.Raised(Signal::kPace));
  CHECK(f.state.TakeSuspended());
  f.state.SetSuspended(true);
  CHECK_FALSE(f.state.Raised(Signal::kPace));
  f.state.SetSuspended(false);
  CHECK(f.state.Raised(Signal::kPace));
  CHECK_FALSE(f.state.TakeSuspended());
}

TEST_CASE("Whoever waits is woken by a signal, by convergence, by time and by a stop", "[churn][state]") {
  Fixture f;
  std::stop_source stop;
  CHECK_FALSE(f.state.Wait(stop.get_token(), f.clock.Wall() + 1ms, {Signal::kStart}));
  f.state.Raise(Signal::kStop);
  CHECK_FALSE(f.state.Wait(stop.get_token(), f.clock.Wall() + 1ms, {Signal::kStart}));
  CHECK(f.state.Wait(stop.get_token(), std::nullopt, {Signal::kStart, Signal::kStop}));

  std::jthread kubernetes([&] {
    f.Sync();
    f.Apply(Slice("a-1", 0, 2));
    f.Apply(Slice("a-2", 10, 12));
  });
  CHECK(f.state.Wait(stop.get_token(), std::nullopt, {}, true));
  std::jthread stopper([&] { stop.request_stop(); });
  CHECK_FALSE(f.state.Wait(stop.get_token(), std::nullopt, {Signal::kRelease}));
}

}  // namespace
}  // namespace dst_load::workers::churn
