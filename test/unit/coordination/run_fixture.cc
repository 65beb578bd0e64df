#include "run_fixture.h"

#include <catch2/catch.hpp>

namespace dst_load::coordination::test {
namespace {

RunSpec Spec() {
  RunSpec spec;
  spec.run_id = "run";
  spec.token = "t";
  spec.clients_expected = 2;
  spec.streams_expected = 10;
  spec.drain_deadline = std::chrono::seconds{90};
  return spec;
}

}  // namespace

Bench::Bench() : spec(Spec()), run(Spec()) {}

AttachmentId Bench::Churn(const std::string& instance) {
  REQUIRE(run.Attach(++last_id_, {true, instance, "churn-pod", {}}, now).has_value());
  return last_id_;
}

AttachmentId Bench::Client(const std::string& instance, std::optional<measure::Seq> truth_seq) {
  REQUIRE(run.Attach(++last_id_, {false, instance, "pod-of-" + instance, truth_seq}, now).has_value());
  return last_id_;
}

void Bench::Report(AttachmentId client, std::uint64_t joined, bool concluded, std::uint64_t pending) {
  measure::ClientSnapshot snapshot;
  snapshot.streams_target = 5;
  snapshot.streams_open = 5;
  snapshot.streams_joined = joined;
  snapshot.services[0].due = 100;
  snapshot.services[0].pending = pending;
  snapshot.services[0].credited = 100 - pending;
  REQUIRE(run.OnClient(client, PackClient(snapshot, {concluded, "", {}}), 1, now).has_value());
}

void Bench::Progress(AttachmentId churn_id, ChurnStep step, std::uint32_t cycle, measure::Seq last_seq) {
  ChurnReport report;
  report.progress.step = step;
  report.progress.cycle = cycle;
  report.progress.last_seq = last_seq;
  report.snapshot.changes = 10;
  REQUIRE(run.OnChurn(churn_id, report, 1, now).has_value());
}

Status Bench::Publish(AttachmentId churn_id, measure::Seq first, measure::Seq last) {
  TruthUpdate update;
  for (auto seq = first; seq <= last; ++seq) {
    update.changes.push_back({seq, 0, {"10.0.0.1", 80, "pod-" + std::to_string(seq)}, true, {}, {}});
  }
  return run.OnTruth(churn_id, std::move(update), now);
}

Status Bench::SetState(AttachmentId churn_id, measure::Seq seq) {
  return run.OnTruth(churn_id, {measure::TruthState{seq, {{}}}, {}}, now);
}

void Bench::Pass(Micros time) {
  now += time;
  wall += time;
}

std::vector<Directive> Bench::Told(AttachmentId id) {
  std::vector<Directive> told;
  while (auto directive = run.Next(id, wall, now)) {
    told.push_back(std::move(*directive));
    REQUIRE(told.size() < 10'000);
  }
  return told;
}

void Bench::Begin() {
  churn = Churn("churn");
  REQUIRE(SetState(churn, 0).has_value());
  Progress(churn, ChurnStep::kReady);
  one = Client("one");
  two = Client("two");
  Report(one, 5);
  Report(two, 5);
  REQUIRE(run.CurrentStage() == Stage::kRunning);
  REQUIRE(Count<StartDirective>(Told(churn)) == 1);
  Told(one);
  Told(two);
  Progress(churn, ChurnStep::kScaleUp);
}

Fate FateIn(const RunView& view, const std::string& instance) {
  for (const auto& worker : view.workers) {
    if (worker.instance == instance) return worker.fate;
  }
  FAIL("no worker " << instance);
  return Fate::kPresent;
}

}  // namespace dst_load::coordination::test
