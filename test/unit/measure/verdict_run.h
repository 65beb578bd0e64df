#pragma once

#include <string_view>

#include <catch2/catch.hpp>

#include "measure/verdict.h"

namespace dst_load::measure {

/// A run that went well: 100 updates of 30 ms, 40 ms from the schedule on.
struct VerdictRun {
  Criteria criteria;
  RunFacts facts{true, true, 2, 2, 10, 10};
  ClientSnapshot clients;
  ChurnSnapshot churn;

  VerdictRun() {
    ServiceCounts& counts = clients.services[0];
    counts.due = counts.credited = 100;
    counts.destination.Record(std::chrono::milliseconds{30}, 100);
    counts.end_to_end.Record(std::chrono::milliseconds{40}, 100);
    clients.streams_created = 10;
    facts.streams_at_end = 10;
    churn.changes = 10;
    churn.kubernetes.Record(std::chrono::milliseconds{10}, 10);
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

inline void CheckInconclusive(const VerdictRun& run, std::string_view reason) {
  const Verdict verdict = run.Judged();
  CHECK(verdict.outcome == Outcome::kInconclusive);
  CHECK(verdict.reason == reason);
  CHECK_FALSE(verdict.message.empty());
}

inline void CheckFailed(const VerdictRun& run, std::string_view reason) {
  const Verdict verdict = run.Judged();
  CHECK(verdict.outcome == Outcome::kFail);
  CHECK(verdict.reason == reason);
  CHECK_FALSE(verdict.message.empty());
}

}  // namespace dst_load::measure
