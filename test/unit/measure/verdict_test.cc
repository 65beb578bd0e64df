#include "measure/verdict.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "test/unit/measure/verdict_run.h"

namespace dst_load::measure {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("A run that holds every criterion passes and reports each one", "[verdict]") {
  VerdictRun run;
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
  VerdictRun run;
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
  VerdictRun run;
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
  VerdictRun run;
  run.clients.violations[static_cast<std::size_t>(Invariant::kKnownRemoval)] = 3;
  CheckFailed(run, "InvariantsViolated");
  CHECK(run.Judged().message.find("known_removal 3") != std::string::npos);
  run.criteria.invariants = false;
  CHECK(run.Judged().outcome == Outcome::kPass);
}

TEST_CASE("Stream timeouts are a share of all streams opened", "[verdict]") {
  VerdictRun run;
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
  VerdictRun run;
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

TEST_CASE("Definite wrongness outweighs that the run could not be measured", "[verdict]") {
  VerdictRun run;
  run.facts.clients_concluded = 0;
  run.clients.services[0].missing = 1;
  CheckFailed(run, "UpdatesMissing");
  run.clients.services[0].missing = 0;
  run.criteria.destination.p50 = milliseconds{1};
  CheckFailed(run, "DestinationP50");
}

TEST_CASE("A criterion without samples is inconclusive, unless nothing was due", "[verdict]") {
  VerdictRun run;
  run.criteria.end_to_end.p99 = seconds{2};
  run.clients.services[0].end_to_end = {};
  CheckInconclusive(run, "NoSamples");
  CHECK(run.Criterion("endToEnd.p99").measured == "no samples");

  VerdictRun no_churn;  // its worker took the figures along
  no_churn.criteria.kubernetes.p99 = seconds{2};
  no_churn.churn = {};
  CheckInconclusive(no_churn, "NoSamples");

  VerdictRun nobody;  // changes, but no streams
  nobody.criteria.kubernetes.p99 = seconds{2};
  nobody.clients.services[0] = {};
  nobody.churn.kubernetes = {};
  CHECK(nobody.Criterion("kubernetes.p99").result == Outcome::kInconclusive);

  VerdictRun stable;
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

TEST_CASE("A run that goes on is given up for what no more samples can mend, and for quantiles of enough of them",
          "[verdict]") {
  VerdictRun sample;
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
