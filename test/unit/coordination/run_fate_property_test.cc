#include <map>
#include <memory>

#include <catch2/catch.hpp>

#include "base/random.h"
#include "coordination/checkpoint.h"
#include "run_fixture.h"

namespace dst_load::coordination::test {
namespace {

using namespace std::chrono_literals;

/// One process of a client, as it really is.
struct Process {
  std::optional<AttachmentId> attachment;
  bool over = false;     ///< it does not run any more
  bool retired = false;  ///< and its final report was heard
  bool known = false;    ///< the coordinator was told of its end
  std::uint64_t pending = 0;
};

/// Clients that lose their sessions, die, retire and start again, and a coordinator that is replaced. Whatever it heard
/// is in the checkpoint, as the operator sees to before it gives its lease away.
class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed) {
    bench_->Begin();
    processes_["one"] = {bench_->one, false, false, false, 0};
    processes_["two"] = {bench_->two, false, false, false, 0};
  }

  void Step() {
    auto& [instance, process] = Any();
    switch (random_.Below(9)) {
      case 0:
        return Detach(process);
      case 1:
      case 2:
        return Return(instance, process);
      case 3:
        if (random_.Below(3) == 0) Die(process);
        return;
      case 4:
        if (random_.Below(3) == 0) Retire(process);
        return;
      case 5:
        return Tell(instance, process);
      case 6:
        return Add();
      case 7:
        if (random_.Below(3) == 0) FailOver();
        return;
      default:
        bench_->Pass(1s);
        bench_->run.Tick(bench_->now);
    }
  }

  /// All that run come back, and everybody who can be waited for has been.
  void Settle() {
    for (auto& [instance, process] : processes_) Return(instance, process);
    bench_->Pass(Run::kMayReturn);
    for (auto& [instance, process] : processes_) {
      if (process.attachment) Report(process);
    }
    bench_->run.Tick(bench_->now);
  }

  void Check(bool settled) const {
    std::uint64_t lost = 0, retired = 0, pending = 0, abandoned = 0;
    for (const auto& [instance, process] : processes_) {
      retired += process.retired ? 1U : 0U;
      const bool gone = process.over && !process.retired && !process.attachment && (settled || process.known);
      lost += gone ? 1U : 0U;
      pending += process.pending;
      abandoned += gone || process.retired ? process.pending : 0;
    }
    const auto view = bench_->View();
    CHECK(view.facts.clients_retired == retired);
    CHECK(view.facts.clients_lost == lost);
    CHECK(view.facts.abandoned == abandoned);
    CHECK(view.clients.Total().pending == pending);
    CHECK(view.workers.size() == processes_.size() + (folded_ ? 2 : 1));  // and churn, and a sum
  }

 private:
  void Add() {
    if (processes_.size() >= 12) return;
    const std::string instance = "more-" + std::to_string(processes_.size());
    Return(instance, processes_[instance]);
  }
  std::pair<const std::string, Process>& Any() {
    auto it = processes_.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(random_.Below(processes_.size())));
    return *it;
  }
  void Report(Process& process) {
    process.pending = random_.Below(20);
    bench_->Report(*process.attachment, 5, false, process.pending);
  }
  void Detach(Process& process) {
    if (!process.attachment) return;
    bench_->run.Detach(*process.attachment, bench_->now);
    process.attachment.reset();
  }
  void Return(const std::string& instance, Process& process) {
    if (process.over) return;
    if (!process.attachment) process.attachment = bench_->Client(instance);
    Report(process);
  }
  void Die(Process& process) {
    process.over = true;
    Detach(process);
  }
  void Retire(Process& process) {
    if (process.over || !process.attachment) return;
    process.over = process.retired = true;
    process.pending = random_.Below(20);
    measure::ClientSnapshot snapshot;
    snapshot.services[0].due = snapshot.services[0].pending = process.pending;
    REQUIRE(bench_->run.OnClient(*process.attachment, PackClient(snapshot, {false, "", {}, true}), 2, bench_->now));
    Detach(process);
  }
  void Tell(const std::string& instance, Process& process) {
    if (!process.over) return;
    bench_->run.EndClient(instance, random_.Below(2) == 0 ? "" : "OOMKilled", bench_->now);
    process.known = true;
  }
  void FailOver() {
    // What was heard last of those that are attached goes with the coordinator: they tell it again.
    const bool folded = random_.Below(4) == 0;
    const auto bytes = folded ? EncodeCheckpoint(bench_->run.Save(), 1) : EncodeCheckpoint(bench_->run.Save());
    auto next = std::make_unique<Bench>();
    next->now = bench_->now;
    next->run.Restore(DecodeCheckpoint(bytes).value(), next->now);
    bench_ = std::move(next);
    bench_->churn = bench_->Churn("churn");
    for (auto& [instance, process] : processes_) {
      // Of who may come back no figures are kept when there is no room.
      if (folded && !process.attachment && !process.retired && !process.known) process.pending = 0;
      if (!process.attachment) continue;
      process.attachment.reset();
      Return(instance, process);
    }
    folded_ = folded_ || folded;
  }

  Random random_;
  std::unique_ptr<Bench> bench_ = std::make_unique<Bench>();
  std::map<std::string, Process> processes_;
  bool folded_ = false;
};

TEST_CASE("Every client has one fate, and is counted by it once, whatever happens on the way", "[run][fate]") {
  const std::uint64_t seed = RandomSeed();
  INFO("seed " << seed);
  Random seeds(seed);
  for (int round = 0; round < 200; ++round) {
    INFO("round " << round);
    Life life(seeds.Next());
    for (int step = 0; step < 60; ++step) {
      life.Step();
      life.Check(false);
    }
    life.Settle();
    life.Check(true);
  }
}

}  // namespace
}  // namespace dst_load::coordination::test
