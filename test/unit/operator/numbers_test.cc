#include "operator/numbers.h"

#include <catch2/catch.hpp>

#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

using std::chrono::milliseconds;

TEST_CASE("Numbers of a run become those of the status", "[numbers]") {
  const auto seen = sample::Healthy(Phase::kRunning);
  LoadTestStatus status;
  auto run = *seen.run;
  run.clients.violations[1] = 3;
  run.clients.errors = {{"unavailable", 2}, {"reset", 1}};
  run.clients.send_timeouts = 4;
  run.offences = {"one"};
  TakeNumbers(run, seen.test.spec, status);
  CHECK(status.churn.step == "HoldMax");
  CHECK(status.churn.changes == 10);
  CHECK(status.client.due == 100);
  CHECK(status.client.errors == 3);
  CHECK(status.client.send_timeouts == 4);
  CHECK(status.violations.at("no_missing_endpoint") == 3);
  CHECK(status.violations.at("converged") == 0);
  CHECK(status.violations.at("total") == 3);
  CHECK(status.destination.p50 == "5ms");
  CHECK(status.kubernetes.count == 10);
}

TEST_CASE("Counters never go back, and those that belong together move together", "[numbers]") {
  const auto seen = sample::Healthy(Phase::kRunning);
  LoadTestStatus status;
  auto run = *seen.run;
  run.offences = {"one", "two"};
  TakeNumbers(run, seen.test.spec, status);
  const LoadTestStatus before = status;
  auto less = *seen.run;
  less.clients.services[0].due = 150;
  less.clients.services[0].credited = 90;
  less.progress = {};
  less.churn = {};
  less.clients.services[0].end_to_end = {};
  less.clients.services[0].destination = {};
  less.clients.services[0].destination.Record(milliseconds{900}, 99);
  TakeNumbers(less, seen.test.spec, status);
  CHECK(status.client.due == 100);
  CHECK(status.client.updates == 100);
  CHECK(status.churn == before.churn);
  CHECK(status.offences == before.offences);
  CHECK(status.end_to_end == before.end_to_end);
  CHECK(status.destination == before.destination);
  CHECK(status.cycles == "1/3");
}

TEST_CASE("A coordinator that took over waits for those who may come, not for those who will not", "[numbers]") {
  auto seen = sample::Healthy(Phase::kRunning);
  seen.run_age = std::chrono::seconds{3};
  seen.test.status.client.ready = 2;
  CHECK_FALSE(StillGathering(seen));
  seen.run->clients_attached = 1;
  CHECK(StillGathering(seen));
  seen.run->facts.clients_lost = 1;
  CHECK_FALSE(StillGathering(seen));
  seen.test.status.client.lost = 1;  // another one, long ago
  CHECK(StillGathering(seen));
  seen.run_age = std::chrono::seconds{15};
  CHECK_FALSE(StillGathering(seen));
  SECTION("nor without churn") {
    seen.run_age = std::chrono::seconds{3};
    seen.run->clients_attached = 2;
    REQUIRE_FALSE(StillGathering(seen));
    seen.run->churn_attached = false;
    CHECK(StillGathering(seen));
  }
  SECTION("but a test that is about to start waits for nobody that was there") {
    auto starting = sample::Healthy(Phase::kStarting);
    starting.run_age = std::chrono::seconds{3};
    starting.run->churn_attached = false;
    CHECK_FALSE(StillGathering(starting));
    starting.run.reset();
    CHECK_FALSE(StillGathering(starting));
  }
}

TEST_CASE("Cycles are told as far as there are any", "[numbers]") {
  Spec spec;
  CHECK(CyclesText(spec, 0).empty());
  spec.churn.oscillate = true;
  CHECK(CyclesText(spec, 4) == "4");
  spec.churn.cycles = 6;
  CHECK(CyclesText(spec, 4) == "4/6");
}

}  // namespace
}  // namespace dst_load::op
