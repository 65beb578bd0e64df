#include "measure/verdict.h"

#include <algorithm>

#include <catch2/catch.hpp>

namespace dst_load::measure {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A run that went well: 100 updates of 30 ms, 40 ms from the schedule on.
struct Run {
  Criteria criteria;
  RunFacts facts{true, true, 2, 2, 10, 10};
  ClientSnapshot clients;
  ChurnSnapshot churn;

  Run() {
    ServiceCounts& counts = clients.services[0];
    counts.due = counts.credited = 100;
    counts.destination.Record(milliseconds{30}, 100);
    counts.end_to_end.Record(milliseconds{40}, 100);
    clients.streams_created = 10;
    facts.streams_at_end = 10;
    churn.changes = 10;
    churn.kubernetes.Record(milliseconds{10}, 10);
  }
  Verdict Judged() const { return Judge(criteria, facts, clients, churn); }
  CriterionResult Criterion(std::string_view name) const {
    for (const auto& result : Judged().criteria) {
      if (result.name == name) return result;
    }
    FAIL("no criterion " << name);
    return {};
  }
};

void CheckInconclusive(const Run& run, std::string_view reason) {
  const Verdict verdict = run.Judged();
  CHECK(verdict.outcome == Outcome::kInconclusive);
  CHECK(verdict.reason == reason);
  CHECK_FALSE(verdict.message.empty());
}

void CheckFailed(const Run& run, std::string_view reason) {
  const Verdict verdict = run.Judged();
  CHECK(verdict.outcome == Outcome::kFail);
  CHECK(verdict.reason == reason);
  CHECK_FALSE(verdict.message.empty());
}

TEST_CASE("A run that holds every criterion passes and reports each one", "[verdict]") {
  Run run;
  run.criteria.kubernetes.p50 = milliseconds{20};
  run.criteria.destination.p99 = milliseconds{500};
  run.criteria.end_to_end = {milliseconds{100}, milliseconds{500}, seconds{2}, seconds{5}, seconds{10}};
  run.criteria.stream_timeout_percent = 0.5;
  const Verdict verdict = run.Judged();
  CHECK(verdict.outcome == Outcome::kPass);
  CHECK(verdict.reason == "CriteriaMet");
  std::vector<std::string> names;
  for (const auto& criterion : verdict.criteria) {
    names.push_back(criterion.name);
    CHECK(criterion.result == Outcome::kPass);
  }
  CHECK(names == std::vector<std::string>{"missing", "invariants", "kubernetes.p50", "destination.p99", "endToEnd.p50",
                                          "endToEnd.p95", "endToEnd.p99", "endToEnd.p999", "endToEnd.max",
                                          "streamTimeoutPercent"});
  const CriterionResult p99 = run.Criterion("endToEnd.p99");
  CHECK(p99.limit == "2s");
  CHECK(p99.measured == "40ms");
}

TEST_CASE("A criterion exactly at its limit holds and one above it fails the run by name", "[verdict]") {
  Run run;
  run.criteria.end_to_end.p99 = milliseconds{40};
  CHECK(run.Judged().outcome == Outcome::kPass);
  run.criteria.end_to_end.p99 = milliseconds{39};
  CheckFailed(run, "EndToEndP99");
  run.criteria.end_to_end.p99.reset();
  run.criteria.destination.max = milliseconds{29};
  CheckFailed(run, "DestinationMax");
  run.criteria.destination.max.reset();
  run.criteria.kubernetes.p95 = milliseconds{9};
  CheckFailed(run, "KubernetesP95");
}

TEST_CASE("Missing updates fail a run without any criteria", "[verdict]") {
  Run run;
  run.criteria.invariants = false;
  run.clients.services[0].credited = 99;
  run.clients.services[0].missing = 1;
  CheckFailed(run, "UpdatesMissing");
  const CriterionResult missing = run.Criterion("missing");
  CHECK(missing.limit == "0");
  CHECK(missing.measured == "1");
  CHECK(missing.result == Outcome::kFail);
}

TEST_CASE("A violation fails the run unless invariants are not judged", "[verdict]") {
  Run run;
  run.clients.violations[static_cast<std::size_t>(Invariant::kKnownRemoval)] = 3;
  CheckFailed(run, "InvariantsViolated");
  CHECK(run.Judged().message.find("known_removal 3") != std::string::npos);
  run.criteria.invariants = false;
  CHECK(run.Judged().outcome == Outcome::kPass);
}

TEST_CASE("Stream timeouts are a share of all streams opened", "[verdict]") {
  Run run;
  run.criteria.stream_timeout_percent = 1;
  run.clients.streams_created = 200;
  run.clients.send_timeouts = 2;
  CHECK(run.Judged().outcome == Outcome::kPass);
  CHECK(run.Criterion("streamTimeoutPercent").measured == "1%");
  run.clients.send_timeouts = 3;
  CheckFailed(run, "StreamTimeoutPercent");
  run.clients.streams_created = 0;
  run.clients.send_timeouts = 0;
  CheckInconclusive(run, "NoSamples");
}

TEST_CASE("A run that could not measure is inconclusive, with the reason", "[verdict]") {
  Run run;
  SECTION("never started") {
    run.facts.started = false;
    CheckInconclusive(run, "NotStarted");
  }
  SECTION("not finished") {
    run.facts.finished = false;
    CheckInconclusive(run, "NotFinished");
  }
  SECTION("a client was lost") {
    run.facts.clients_concluded = 1;
    CheckInconclusive(run, "ClientsLost");
  }
  SECTION("streams fell short of their target") {
    run.facts.streams_peak = 9;
    CheckInconclusive(run, "StreamsShort");
  }
  SECTION("the truth had a hole") {
    run.clients.truth_gaps = 1;
    CheckInconclusive(run, "TruthGaps");
  }
  SECTION("observations were dropped") {
    run.clients.early_overflow = 1;
    CheckInconclusive(run, "TruthOverflow");
  }
  SECTION("updates are neither seen nor given up") {
    run.clients.services[0].due += 1;
    run.clients.services[0].pending = 1;
    CheckInconclusive(run, "UpdatesPending");
  }
  SECTION("changes were published, but due on nobody") {
    run.clients.services.clear();
    CheckInconclusive(run, "NothingMeasured");
    run.facts.streams_expected = run.facts.streams_peak = run.facts.streams_at_end = 0;  // nor were they to be
    CHECK(run.Judged().outcome == Outcome::kPass);
  }
}

TEST_CASE("Clients that could not keep up, and clocks that were set, are named", "[verdict]") {
  Run run;
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

constexpr double kGiB = 1024.0 * 1024 * 1024;

/// The destination's memory at the first scrape, at its most and at the last.
void Remember(Run& run, double first, double most, double last) {
  DestinationMetrics& metrics = run.churn.destination;
  metrics.asked = true;
  metrics.scrapes = 3;
  DestinationFigure& memory = metrics.figures[std::string(DestinationMetrics::kMemory)];
  memory.Record(WallTime{seconds{10}}, first);
  memory.Record(WallTime{seconds{15}}, most);
  memory.Record(WallTime{seconds{20}}, last);
}

TEST_CASE("The destination's memory is judged by the most that it had", "[verdict]") {
  Run run;
  Remember(run, 1 * kGiB, 1.25 * kGiB, 0.5 * kGiB);
  run.criteria.destination_memory = 1.25 * kGiB;
  CHECK(run.Judged().outcome == Outcome::kPass);
  CHECK(run.Criterion("destinationMemory").limit == "1.25GiB");
  CHECK(run.Criterion("destinationMemory").measured == "1.25GiB");
  run.criteria.destination_memory = 900.0 * 1024 * 1024;
  CheckFailed(run, "DestinationMemory");
  CHECK(run.Judged().message == "destinationMemory is 1.25GiB, over its limit of 900MiB");
  run.criteria.destination_memory = 1000.0 * 1024 * 1024;
  CHECK(run.Criterion("destinationMemory").limit == "0.977GiB");
}

TEST_CASE("Growth is judged from the first scrape to the most", "[verdict]") {
  Run run;
  Remember(run, 1 * kGiB, 1.25 * kGiB, 0.5 * kGiB);
  run.criteria.destination_memory_growth = 0.25 * kGiB;
  CHECK(run.Judged().outcome == Outcome::kPass);
  CHECK(run.Criterion("destinationMemoryGrowth").measured == "256MiB");
  run.criteria.destination_memory_growth = 0;
  CheckFailed(run, "DestinationMemoryGrowth");
  CHECK(run.Criterion("destinationMemoryGrowth").limit == "0B");
}

TEST_CASE("Memory that no scrape found is inconclusive, with the series and the newest trouble", "[verdict]") {
  Run run;
  run.criteria.destination_memory = kGiB;
  DestinationMetrics& metrics = run.churn.destination;
  const auto says = [&](const char* why) {
    CheckInconclusive(run, "DestinationMetricsMissing");
    CHECK_THAT(run.Judged().message, Catch::Contains("process_resident_memory_bytes") && Catch::EndsWith(why));
    CHECK(run.Criterion("destinationMemory").measured == "no samples");
  };
  says("the churn worker was given no metrics URL");
  metrics.asked = true;
  says("the page was never read");
  metrics.scrapes = 2;
  says("the page does not have it");
  metrics.trouble = "get http://a/: cannot connect";
  says("get http://a/: cannot connect");
  run.criteria.destination_memory.reset();
  CHECK(run.Judged().outcome == Outcome::kPass);
}

TEST_CASE("Definite wrongness outweighs that the run could not be measured", "[verdict]") {
  Run run;
  run.facts.clients_concluded = 0;
  run.clients.services[0].missing = 1;
  CheckFailed(run, "UpdatesMissing");
  run.clients.services[0].missing = 0;
  run.criteria.destination.p50 = milliseconds{1};
  CheckFailed(run, "DestinationP50");
}

TEST_CASE("A criterion without samples is inconclusive, unless nothing was due", "[verdict]") {
  Run run;
  run.criteria.end_to_end.p99 = seconds{2};
  run.clients.services[0].end_to_end = {};
  CheckInconclusive(run, "NoSamples");
  CHECK(run.Criterion("endToEnd.p99").measured == "no samples");

  Run no_churn;  // its worker took the figures along
  no_churn.criteria.kubernetes.p99 = seconds{2};
  no_churn.churn = {};
  CheckInconclusive(no_churn, "NoSamples");

  Run nobody;  // changes, but no streams
  nobody.criteria.kubernetes.p99 = seconds{2};
  nobody.clients.services[0] = {};
  nobody.churn.kubernetes = {};
  CHECK(nobody.Criterion("kubernetes.p99").result == Outcome::kInconclusive);

  Run stable;
  stable.criteria.end_to_end.p99 = seconds{2};
  stable.criteria.kubernetes.max = seconds{2};
  stable.clients.services[0] = {};
  stable.churn = {};
  CHECK(stable.Judged().outcome == Outcome::kPass);
  CHECK(stable.Criterion("endToEnd.p99").result == Outcome::kPass);
  CHECK(stable.Criterion("endToEnd.p99").measured == "no samples");
}

TEST_CASE("Outcomes and invariants have the names that status and metrics show", "[verdict]") {
  CHECK(OutcomeName(Outcome::kPass) == "Pass");
  CHECK(OutcomeName(Outcome::kFail) == "Fail");
  CHECK(OutcomeName(Outcome::kInconclusive) == "Inconclusive");
  CHECK(InvariantName(Invariant::kConverged) == "converged");
  CHECK(InvariantName(Invariant::kNoMissingEndpoint) == "no_missing_endpoint");
  CHECK(InvariantName(Invariant::kNoStaleEndpoint) == "no_stale_endpoint");
  CHECK(InvariantName(Invariant::kNoUnknownEndpoint) == "no_unknown_endpoint");
  CHECK(InvariantName(Invariant::kKnownRemoval) == "known_removal");
  CHECK(InvariantName(Invariant::kFirstUpdate) == "first_update");
}

TEST_CASE("Snapshots of several workers add up, service by service", "[snapshot]") {
  ClientSnapshot a, b;
  a.services[0].due = a.services[0].credited = 3;
  a.services[1].missing = a.services[1].due = 1;
  b.services[1].pending = b.services[1].due = 2;
  b.services[1].destination.Record(milliseconds{5});
  a.violations[0] = 1;
  b.violations[0] = 2;
  a.errors["unavailable"] = 1;
  b.errors["unavailable"] = 4;
  b.streams_joined = 7;
  ClientSnapshot ab = a, ba = b;
  ab.Merge(b);
  ba.Merge(a);
  CHECK(ab == ba);
  CHECK(ab.services.at(1).due == 3);
  CHECK(ab.Total().due == 6);
  CHECK(ab.Total().destination.Count() == 1);
  CHECK(ab.violations[0] == 3);
  CHECK(ab.errors.at("unavailable") == 5);
  CHECK(ab.streams_joined == 7);
  ChurnSnapshot churn, more;
  more.changes = 4;
  more.kubernetes.Record(milliseconds{1}, 4);
  churn.Merge(more);
  churn.Merge(more);
  CHECK(churn.changes == 8);
  CHECK(churn.kubernetes.Count() == 8);
}

TEST_CASE("A limit within the clocks' error is neither met nor breached", "[verdict]") {
  Run sample;
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
  Run sample;
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
  Run sample;
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

TEST_CASE("A run that goes on is given up for what no more samples can mend, and for quantiles of enough of them",
          "[verdict]") {
  Run sample;
  sample.facts.finished = false;
  sample.facts.clients_concluded = 0;
  CHECK_FALSE(Breach({}, sample.facts, sample.clients, sample.churn).has_value());
  sample.clients.violations[2] = 1;
  CHECK(Breach({}, sample.facts, sample.clients, sample.churn)->reason == "InvariantsViolated");
  sample.clients.violations[2] = 0;

  Criteria criteria;
  criteria.end_to_end.p99 = 1us;
  CHECK_FALSE(Breach(criteria, sample.facts, sample.clients, sample.churn).has_value());
  auto& samples = sample.clients.services[0].end_to_end;
  samples.Record(1s, kEnoughToAbort - samples.Count() - 1);
  CHECK_FALSE(Breach(criteria, sample.facts, sample.clients, sample.churn).has_value());
  samples.Record(1s);
  CHECK(Breach(criteria, sample.facts, sample.clients, sample.churn)->reason == "EndToEndP99");
  Criteria worst;
  worst.kubernetes.max = 1us;
  CHECK(Breach(worst, sample.facts, sample.clients, sample.churn)->reason == "KubernetesMax");
}

}  // namespace
}  // namespace dst_load::measure
