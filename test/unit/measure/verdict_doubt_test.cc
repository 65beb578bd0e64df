// Figures that may not be the destination's: clocks, and clients that could not keep up.
#include <catch2/catch.hpp>

#include "test/unit/measure/verdict_run.h"

namespace dst_load::measure {
namespace {

using namespace std::chrono_literals;

TEST_CASE("Clients that could not keep up, and clocks that were set, are named", "[verdict]") {
  VerdictRun run;
  SECTION("saturated") {
    run.facts.saturated = {"client-1: event loop 3.1s late", "client-7: credit 2s late"};
    CheckInconclusive(run, "ClientSaturated");
    CHECK(run.Judged().message ==
          "clients could not keep up: client-1: event loop 3.1s late; client-7: credit 2s late");
  }
  SECTION("clock") {
    run.facts.clock_jumped = {"client-3"};
    CHECK(run.Judged().outcome == Outcome::kPass);
    run.facts.clock_lost = true;
    CheckInconclusive(run, "ClockJumped");
    CHECK(run.Judged().message ==
          "the wall clock was set during the run, and churn began anew by another time: client-3");
  }
}

TEST_CASE("A limit within the clocks' error is neither met nor breached", "[verdict]") {
  VerdictRun sample;
  sample.clients.services[0].destination = {};
  sample.clients.services[0].destination.Record(100ms, 90);
  sample.clients.clock_error = 10ms;
  const auto judge = [&](Micros limit) {
    Criteria criteria;
    criteria.destination.p99 = limit;
    criteria.kubernetes.p99 = 1h;
    return Judge(criteria, sample.facts, sample.clients, sample.churn);
  };
  CHECK(judge(120ms).outcome == Outcome::kPass);
  CHECK(judge(80ms).outcome == Outcome::kFail);
  CHECK(judge(105ms).outcome == Outcome::kInconclusive);
  const auto unsure = judge(95ms);
  CHECK(unsure.outcome == Outcome::kInconclusive);
  CHECK(unsure.reason == "ClockUnsure");
  CHECK(unsure.criteria.back().measured == "100ms ±10ms");
  // Less than a hundredth does not show, and there is none to show of nothing.
  sample.clients.clock_error = 999us;
  CHECK(judge(120ms).criteria.back().measured == "100ms");
  sample.clients.clock_error = 0us;
  sample.clients.services[0].destination = {};
  sample.clients.services[0].destination.Record(0us, 90);
  CHECK(judge(120ms).criteria.back().measured == "0us");
}

TEST_CASE("A destination is not blamed for the lateness of a client that could not keep up", "[verdict]") {
  VerdictRun sample;
  sample.clients.services[0].destination.Record(5s, 90);
  sample.facts.saturated = {"client-2: its event loop stood still for 3s"};
  Criteria criteria;
  criteria.destination.p99 = 1s;
  const auto verdict = Judge(criteria, sample.facts, sample.clients, sample.churn);
  CHECK(verdict.outcome == Outcome::kInconclusive);
  CHECK(verdict.reason == "ClientSaturated");
  CHECK(verdict.message.find("client-2") != std::string::npos);
  sample.facts.clock_lost = true;
  const auto results = Judge(criteria, sample.facts, sample.clients, sample.churn);
  CHECK(results.criteria.back().result == Outcome::kInconclusive);
  CHECK(results.reason == "ClockJumped");
  sample.clients.violations[0] = 1;
  CHECK(Judge(criteria, sample.facts, sample.clients, sample.churn).outcome == Outcome::kFail);
}

TEST_CASE("A latency that is over its limit by less than the clients' own lateness is nobody's failure", "[verdict]") {
  VerdictRun sample;
  sample.clients.services[0].destination = {};
  sample.clients.services[0].destination.Record(100ms, 90);
  sample.clients.lag.queue.Record(15ms, 1000);
  const auto judge = [&](Micros limit) {
    Criteria criteria;
    criteria.destination.p99 = limit;
    return Judge(criteria, sample.facts, sample.clients, sample.churn);
  };
  CHECK(judge(101ms).outcome == Outcome::kPass);
  CHECK(judge(90ms).outcome == Outcome::kInconclusive);
  CHECK(judge(90ms).reason == "ClientSaturated");
  CHECK(judge(85ms).outcome == Outcome::kInconclusive);
  CHECK(judge(84ms).outcome == Outcome::kFail);
}

}  // namespace
}  // namespace dst_load::measure
