#include "operator/losses.h"

#include <catch2/catch.hpp>

#include "operator/conditions.h"
#include "operator/reconcile.h"
#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

using coordination::Fate;
using coordination::Stage;
using sample::Healthy;
using sample::kStart;
using sample::StatusAfter;
using std::chrono::minutes;
using std::chrono::seconds;

/// A running test whose coordinator misses the client of Pod x-client-2 for so long.
Observed Missing(Micros away, Fate fate = Fate::kAway) {
  Observed seen = Healthy(Phase::kRunning);
  for (auto& pod : seen.client_pods) pod.containers[0].name = "client";
  coordination::WorkerView one, two;
  one.instance = "one", one.pod = "x-client-1", one.attached = true;
  two.instance = "two", two.pod = "x-client-2", two.fate = fate, two.away = away;
  seen.run->workers = {one, two};
  return seen;
}

/// "instance: why" of the only one that is known to have ended; "" for none.
std::string Ended(const Observed& seen) {
  const ClientEnds ends = EndedClients(seen, kStart);
  if (ends.known.empty()) return "";
  CHECK(ends.known.size() == 1);
  return ends.known[0].instance + ": " + ends.known[0].why;
}

Observed Lost(std::uint64_t count, Phase phase = Phase::kRunning) {
  Observed seen = Healthy(phase);
  seen.test.status.client.replicas = 2;
  seen.run->facts.clients_lost = count;
  for (std::uint64_t i = 0; i < count; ++i) seen.run->facts.lost.push_back("x-client-1: OOMKilled, exit code 137");
  return seen;
}

TEST_CASE("A client that is away while its Pod runs may come back", "[losses]") {
  CHECK(Ended(Missing(seconds{50})).empty());
  CHECK(Reconcile(Missing(seconds{50}), kStart).Find<action::EndClient>() == nullptr);
}

TEST_CASE("A client whose process has ended does not come back, and its Pod says why", "[losses]") {
  Observed seen = Missing(seconds{3});
  PodView& pod = seen.client_pods[1];
  SECTION("killed, about to be started again") {
    pod.containers[0] = {"client", "CrashLoopBackOff", "", "OOMKilled", 137, 3, true};
    CHECK(Ended(seen) == "two: OOMKilled, exit code 137");
  }
  SECTION("the Pod failed") {
    pod.phase = "Failed";
    pod.containers[0].last_exit_reason = "Error";
    pod.containers[0].last_exit_code = 1;
    CHECK(Ended(seen) == "two: Error, exit code 1");
  }
  SECTION("the Pod was evicted") {
    pod.phase = "Failed";
    pod.reason = "Evicted";
    pod.message = "low on memory";
    CHECK(Ended(seen) == "two: evicted: low on memory");
  }
  SECTION("but a sidecar's end is not its own") {
    pod.containers[0].name = "proxy";
    pod.containers[0].stopped = true;
    CHECK(Ended(seen).empty());
  }
}

TEST_CASE("What is seen of a Pod may be older than the process that is missed", "[losses]") {
  Observed seen = Missing(seconds{2});
  seen.client_pods[1].containers[0] = {"client", "CrashLoopBackOff", "", "Error", 1, 3, true};
  CHECK(Ended(seen).empty());
  CHECK(EndedClients(seen, kStart).look_again == Micros{seconds{1}});
  seen.run->workers[1].away = seconds{3};
  CHECK(Ended(seen) == "two: Error, exit code 1");
}

TEST_CASE("What ended before a client attached was another process in its Pod, and tells nothing of it", "[losses]") {
  const Fate fate = GENERATE(Fate::kAway, Fate::kLost);
  Observed seen = Missing(seconds{5}, fate);
  ContainerView& worker = seen.client_pods[1].containers[0];
  worker = {"client", "", "", "OOMKilled", 137, 1, fate == Fate::kAway};
  const std::string ended = fate == Fate::kAway ? "two: " : "";
  seen.run->workers[1].attached_ago = seconds{60};
  worker.last_exit_at = kStart - seconds{61};
  CHECK(Ended(seen) == ended);
  // It may have been later in that second.
  worker.last_exit_at = kStart - seconds{60} - std::chrono::milliseconds{999};
  CHECK(Ended(seen) == "two: OOMKilled, exit code 137");
  worker.last_exit_at = kStart - seconds{5};
  CHECK(Ended(seen) == "two: OOMKilled, exit code 137");
  SECTION("a time that is not told excludes nothing") { worker.last_exit_at.reset(); }
  SECTION("nor does a client that another coordinator knew") {
    worker.last_exit_at = kStart - seconds{61};
    seen.run->workers[1].attached_ago.reset();
  }
  CHECK(Ended(seen) == "two: OOMKilled, exit code 137");
}

TEST_CASE("A client whose Pod is gone is given a moment for its last words", "[losses]") {
  Observed seen = Missing(seconds{9});
  seen.client_pods.pop_back();
  CHECK(Ended(seen).empty());
  CHECK(EndedClients(seen, kStart).look_again == Micros{seconds{1}});
  CHECK(Reconcile(seen, kStart).requeue == Micros{seconds{1}});
  seen.run->workers[1].away = seconds{1};
  CHECK(Reconcile(seen, kStart).requeue == Micros{seconds{5}});  // there is more to look at
  seen.run->workers[0] = seen.run->workers[1];
  seen.run->workers[0].away = seconds{7};
  CHECK(EndedClients(seen, kStart).look_again == Micros{seconds{3}});
  seen.run->workers[1].away = seconds{10};
  CHECK(Ended(seen) == "two: its Pod is gone");
  REQUIRE(Reconcile(seen, kStart).Find<action::EndClient>() != nullptr);
  CHECK(Reconcile(seen, kStart).Find<action::EndClient>()->instance == "two");
}

TEST_CASE("Of a client that is known to be lost the Pod may still tell why", "[losses]") {
  Observed seen = Missing(seconds{3}, Fate::kLost);
  CHECK(Ended(seen).empty());
  seen.client_pods[1].containers[0] = {"client", "", "", "OOMKilled", 137, 1, false};
  CHECK(Ended(seen) == "two: OOMKilled, exit code 137");
  seen.run->workers[1].why = "OOMKilled, exit code 137";
  CHECK(Ended(seen).empty());
}

TEST_CASE("Nothing is said of clients that nobody misses, and of churn", "[losses]") {
  for (const Fate fate : {Fate::kPresent, Fate::kConcluded, Fate::kRetired, Fate::kLeft}) {
    Observed seen = Missing(minutes{1}, fate);
    seen.client_pods.clear();
    CHECK(Ended(seen).empty());
  }
  Observed seen = Missing(minutes{1});
  seen.client_pods.clear();
  seen.run->workers[1].churn = true;
  CHECK(Ended(seen).empty());
  // Nor of one that names no Pod.
  seen.run->workers[1].churn = false;
  REQUIRE_FALSE(Ended(seen).empty());
  seen.run->workers[1].pod.clear();
  CHECK(Ended(seen).empty());
}

TEST_CASE("Too many lost clients stop a test at once, and it ends as Failed, Inconclusive", "[reconcile][losses]") {
  Observed seen = Lost(1);
  const Plan plan = Reconcile(seen, kStart + minutes{1});
  CHECK(plan.Find<action::StopRun>() != nullptr);
  const auto draining = StatusAfter(seen, plan);
  CHECK(draining.phase == Phase::kDraining);
  CHECK(draining.reason == "ClientsLost");
  CHECK(draining.client.lost == 1);
  CHECK_THAT(draining.message, Catch::Contains("x-client-1: OOMKilled, exit code 137") && Catch::Contains("1 of 2") &&
                                   Catch::Contains("client.maxLostPercent is 10"));
  seen.test.status = draining;
  // A coordinator that took over is told again.
  CHECK(Reconcile(seen, kStart + minutes{1}).Find<action::StopRun>() != nullptr);
  const auto facts = seen.run->facts;
  seen.run = sample::View(Stage::kConcluded);
  seen.run->facts.clients_lost = facts.clients_lost;
  seen.run->facts.lost = facts.lost;
  const auto status = StatusAfter(seen, Reconcile(seen, kStart + minutes{2}));
  CHECK(status.phase == Phase::kFailed);
  CHECK(status.verdict == "Inconclusive");
  CHECK(status.reason == "ClientsLost");
  CHECK_THAT(status.message, Catch::Contains("OOMKilled"));
}

TEST_CASE("So they do in a test that drains already", "[reconcile][losses]") {
  Observed seen = Lost(1, Phase::kDraining);
  const auto status = StatusAfter(seen, Reconcile(seen, kStart + minutes{1}));
  CHECK(status.phase == Phase::kDraining);
  CHECK(status.reason == "ClientsLost");
  SECTION("once: it drains already, and tells what is learned later") {
    seen.test.status = status;
    seen.run->facts.lost[0] = "x-client-1: evicted";
    const Plan plan = Reconcile(seen, kStart + minutes{2});
    CHECK(plan.Find<action::StopRun>() == nullptr);
    CHECK_THAT(StatusAfter(seen, plan).message, Catch::Contains("evicted"));
  }
  SECTION("but a test that is stopped is stopped") {
    seen.test.status.reason = "StopRequested";
    CHECK(StatusAfter(seen, Reconcile(seen, kStart + minutes{1})).reason == "StopRequested");
  }
}

TEST_CASE("Lost clients within the limit are told of, and let a test go on and pass", "[reconcile][losses]") {
  Observed seen = Lost(1);
  seen.test.spec.criteria.max_lost_percent = 50;
  seen.run->facts.abandoned = 6;
  const Plan plan = Reconcile(seen, kStart + minutes{1});
  CHECK(plan.Find<action::StopRun>() == nullptr);
  const auto status = StatusAfter(seen, plan);
  CHECK(status.phase == Phase::kRunning);
  CHECK(status.client.lost == 1);
  CHECK(status.client.abandoned == 6);
  const auto* event = plan.Find<action::EmitEvent>();
  REQUIRE(event != nullptr);
  CHECK(event->warning);
  CHECK(event->reason == "ClientsLost");
  CHECK_THAT(event->message, Catch::Contains("OOMKilled"));
  seen.test.status = status;
  CHECK(Reconcile(seen, kStart + minutes{1}).Find<action::EmitEvent>() == nullptr);
  // One that is found again is no loss.
  seen.run->facts.clients_lost = 0;
  seen.run->facts.lost.clear();
  const Plan found = Reconcile(seen, kStart + minutes{2});
  CHECK(StatusAfter(seen, found).client.lost == 0);
  CHECK(found.Find<action::EmitEvent>() == nullptr);
}

TEST_CASE("A run that drains gets no more clients, but fewer", "[reconcile][scale]") {
  Observed seen = Lost(0, Phase::kDraining);
  seen.test.spec.client.replicas = 5;
  CHECK(Reconcile(seen, kStart).Find<action::ScaleClients>() == nullptr);
  CHECK(Reconcile(seen, kStart).Find<action::Expect>() == nullptr);
  CHECK(StatusAfter(seen, Reconcile(seen, kStart)).client.replicas == 2);
  // Nor is it missed.
  const auto status = StatusAfter(seen, Reconcile(seen, kStart));
  CHECK(sample::ConditionText(status, condition::kClientsReady) == "ClientsReady=True/Ready");
  seen.test.spec.client.replicas = 1;
  REQUIRE(Reconcile(seen, kStart).Find<action::Expect>() != nullptr);
  CHECK(*Reconcile(seen, kStart).Find<action::Expect>() == action::Expect{1, 10});
  CHECK(Reconcile(seen, kStart).Find<action::ScaleClients>()->replicas == 1);
}

}  // namespace
}  // namespace dst_load::op
