#include "operator/wanted.h"

#include <catch2/catch.hpp>

#include "operator/progress_text.h"
#include "operator/reasons.h"
#include "operator/report_facts.h"
#include "test/unit/operator/sample.h"

namespace dst_load::op {
namespace {

using sample::Healthy;

/// A test that asks for so many clients, while its status tells of `had`.
Observed Asking(Phase phase, std::int64_t replicas, std::uint64_t had) {
  Observed seen = Healthy(phase);
  seen.test.spec.client.replicas = replicas;
  seen.test.status.client.replicas = had;
  return seen;
}

std::uint64_t StreamsInReport(const Observed& seen) {
  return ReportFactsOf(seen.test, seen.test.status, *seen.run).streams;
}

TEST_CASE("A run that drains wants no more clients than it had, and fewer when fewer are asked for", "[wanted]") {
  CHECK(ClientsWanted(Asking(Phase::kDraining, 5, 2).test) == 2);
  CHECK(ClientsWanted(Asking(Phase::kDraining, 1, 2).test) == 1);
  CHECK(ClientsWanted(Asking(Phase::kRunning, 5, 2).test) == 5);
  CHECK(ClientsWanted(Asking(Phase::kDraining, 5, 0).test) == 5);  // the status does not tell
}

TEST_CASE("The report of a run asks for the streams of the clients that it had as it drained", "[wanted]") {
  const auto each = static_cast<std::uint64_t>(Healthy(Phase::kRunning).test.spec.StreamsPerReplica());
  REQUIRE(each > 0);
  CHECK(StreamsInReport(Asking(Phase::kRunning, 5, 2)) == 5 * each);
  CHECK(StreamsInReport(Asking(Phase::kDraining, 5, 2)) == 2 * each);
  CHECK(StreamsInReport(Asking(Phase::kDraining, 1, 2)) == each);
}

TEST_CASE("A run that drains misses none of the clients that it will not get", "[wanted]") {
  Observed seen = Asking(Phase::kDraining, 5, 2);
  seen.run->clients_attached = 2;
  seen.run->clients.streams_joined = static_cast<std::uint64_t>(2 * seen.test.spec.StreamsPerReplica());
  CHECK_FALSE(ClientsTrouble(seen));
  --seen.run->clients.streams_joined;
  REQUIRE(ClientsTrouble(seen));
  CHECK(ClientsTrouble(seen)->reason == reason::kStreamsOpening);
  seen.run->clients_attached = 1;
  CHECK(ClientsTrouble(seen)->reason == reason::kNotAttached);
  CHECK(ClientsTrouble(seen)->message == "1 of 2 client Pods report");
  seen.run->clients_attached = 2;
  seen.test.status.phase = Phase::kRunning;
  CHECK(ClientsTrouble(seen)->message == "2 of 5 client Pods report");
}

TEST_CASE("What is said of a drain counts the clients that the coordinator expects", "[wanted]") {
  Observed seen = Asking(Phase::kDraining, 5, 2);
  seen.run->facts.clients_concluded = 1;
  seen.run->facts.clients_expected = 2;
  CHECK(DrainingText(seen) == "churn is done: 1 of 2 clients have delivered their final figures");
  seen.run.reset();
  CHECK(DrainingText(seen) == "waiting for the workers to report again");
}

}  // namespace
}  // namespace dst_load::op
