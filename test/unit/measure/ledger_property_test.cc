// The ledger against the model, through random histories of everything that can happen to it.
#include <array>
#include <cstdlib>

#include <catch2/catch.hpp>

#include "base/random.h"
#include "test/unit/measure/ledger_model.h"

namespace dst_load::measure {
namespace {

constexpr std::int64_t kWallStart = 1'800'000'000'000'000;

class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed), limits_(AnyLimits()), ledger_(2, limits_), model_(limits_) {}

  /// False when ledger and model disagree; the checks have said where. They are compared every `stride` steps.
  bool Run(int steps, int stride) {
    for (int step = 0; step < steps; ++step) {
      now_ += Chance(4) ? static_cast<std::int64_t>(random_.Below(30'000'000))
                        : static_cast<std::int64_t>(random_.Below(200'000));
      Step();
      if (step % stride == 0 && !Agree(step % 16 == 0)) {
        WARN("disagree at step " << step);
        return false;
      }
    }
    ledger_.Conclude(Wall());
    model_.Conclude(Wall(), Mono());
    return Agree(true);
  }

  ClientSnapshot Snapshot() const { return ledger_.Snapshot(); }

 private:
  LedgerLimits AnyLimits() {
    LedgerLimits limits;
    limits.convergence_deadline = std::chrono::seconds{std::array{1, 4, 60}[random_.Below(3)]};
    return limits;
  }
  bool Chance(std::uint64_t percent) { return random_.Below(100) < percent; }
  WallTime Wall() const { return WallTime{Micros{kWallStart + now_}}; }
  MonoTime Mono() const { return MonoTime{Micros{now_}}; }

  Endpoint Anyone() {
    static const char* const kPods[] = {"a", "b", "c", "d"};
    const auto ip = 1 + random_.Below(5);
    return {"10.0.0." + std::to_string(ip), 8080, Chance(5) ? "" : kPods[random_.Below(4)]};
  }
  template <class T>
  std::optional<T> Pick(const std::vector<T>& from) {
    if (from.empty()) return std::nullopt;
    return from[random_.Below(from.size())];
  }
  std::optional<int> AnyStream() { return Pick(streams_); }

  void Step() {
    const auto dice = random_.Below(100);
    if (dice < 32) {
      ChangeTruth();
    } else if (dice < 76) {
      Message();
    } else if (dice < 82) {
      Open();
    } else if (dice < 86) {
      if (const auto stream = AnyStream()) {
        ledger_.Closed(static_cast<Ledger::StreamId>(*stream));
        model_.Closed(*stream);
      }
    } else if (dice < 88) {
      Retire();
    } else if (dice < 92) {
      AddStream();
    } else if (dice < 98) {
      // Now and then the truth is held up on its way.
      const WallTime told = Wall() - Micros{Chance(30) ? static_cast<std::int64_t>(random_.Below(20'000'000)) : 0};
      ledger_.Expire(Wall(), Mono(), told);
      model_.Expire(Wall(), Mono(), told);
    } else {
      SetTruth();
    }
  }

  void AddStream() {
    if (streams_.size() >= 5) return;
    const StreamTraits traits{Chance(20) ? 1U : 0U, Chance(15)};
    const auto stream = static_cast<int>(ledger_.AddStream(0, traits));
    model_.AddStream(stream, traits);
    streams_.push_back(stream);
    if (Chance(80)) OpenOne(stream);
  }
  void Open() {
    if (const auto stream = AnyStream()) OpenOne(*stream);
  }
  void OpenOne(int stream) {
    ledger_.Opened(static_cast<Ledger::StreamId>(stream), Mono(), Wall());
    model_.Opened(stream, Mono(), Wall());
  }
  void Retire() {
    const auto stream = AnyStream();
    if (!stream) return;
    std::erase(streams_, *stream);
    ledger_.Retired(static_cast<Ledger::StreamId>(*stream));
    model_.Retired(*stream);
  }

  void SetTruth() {
    if (started_ && Chance(50)) {
      ledger_.SetTruth({seq_ - random_.Below(2), {{Anyone()}, {}}});
      return;
    }
    const bool first = !started_;
    TruthState state{seq_ += 1 + random_.Below(5), {{}, {}}};
    if (!first && Chance(50)) state.services[0].assign(model_.Truth().begin(), model_.Truth().end());
    for (auto left = random_.Below(5); left > 0; --left) state.services[0].push_back(Anyone());
    ledger_.SetTruth(state);
    model_.SetTruth(state.seq, state.services[0], first);
    if (!first) ++gaps_;
    started_ = true;
    recent_.clear();
  }

  /// What somebody holds and is not true, what is true, or anything.
  Change NextChange() {
    const std::vector<Endpoint> truth(model_.Truth().begin(), model_.Truth().end());
    Change change{++seq_, 0, Anyone(), true, std::nullopt, {}};
    const auto stream = AnyStream();
    if (stream && Chance(40)) {
      change.endpoint = Pick(model_.HeldBy(*stream)).value_or(change.endpoint);
    } else if (Chance(50)) {
      change.endpoint = Pick(truth).value_or(change.endpoint);
    } else if (last_changed_ && Chance(40)) {
      change.endpoint = *last_changed_;
    }
    change.added = model_.Truth().count(change.endpoint) == 0;
    if (Chance(3)) change.added = !change.added;
    last_t1_ = std::max(last_t1_, now_ - static_cast<std::int64_t>(random_.Below(400'000)));
    change.t1 = WallTime{Micros{kWallStart + last_t1_}};
    if (Chance(70)) change.t0 = change.t1 - Micros{random_.Below(50'000)};
    last_changed_ = change.endpoint;
    return change;
  }

  void ChangeTruth() {
    if (!started_) return SetTruth();
    std::vector<Change> batch = recent_;
    for (auto count = 1 + random_.Below(3); count > 0; --count) {
      batch.push_back(NextChange());
      if (Chance(5)) {
        batch.back().service = 1;
      } else {
        model_.Apply(batch.back());
      }
    }
    if (Chance(5)) {
      std::vector<Change> holed = batch;
      holed.back().seq += 1;
      CHECK_FALSE(ledger_.ApplyChanges(holed));
    }
    CHECK(ledger_.ApplyChanges(batch));
    CHECK(ledger_.TruthSeq() == seq_);
    recent_.assign(batch.end() - static_cast<std::ptrdiff_t>(1 + random_.Below(batch.size())), batch.end());
  }

  Endpoint Sensible(int stream, bool added) {
    const std::vector<Endpoint> held = model_.HeldBy(stream);
    std::vector<Endpoint> sensible;
    for (const Endpoint& endpoint :
         added ? std::vector<Endpoint>(model_.Truth().begin(), model_.Truth().end()) : held) {
      const bool holds = std::find(held.begin(), held.end(), endpoint) != held.end();
      if (added ? !holds : model_.Truth().count(endpoint) == 0) sensible.push_back(endpoint);
    }
    Endpoint endpoint = Chance(75) ? Pick(sensible).value_or(Anyone()) : Anyone();
    if (!added) endpoint.pod.clear();
    return endpoint;
  }

  void Message() {
    const auto stream = AnyStream();
    if (!stream) return AddStream();
    std::vector<Endpoint> added, removed;
    const bool no_endpoints = Chance(2);
    if (Chance(25)) {
      added.assign(model_.Truth().begin(), model_.Truth().end());
    } else if (!no_endpoints) {
      for (auto count = random_.Below(3); count > 0; --count) added.push_back(Sensible(*stream, true));
      for (auto count = random_.Below(3); count > 0; --count) removed.push_back(Sensible(*stream, false));
    }
    std::vector<Sighting> adds, removes;
    std::size_t mismatches = 0;
    for (const Endpoint& e : added) {
      adds.push_back({e.ip, e.port, e.pod});
      if (!Chance(5)) continue;
      adds.back().mismatch = "weight 1";
      ++mismatches;
    }
    for (const Endpoint& e : removed) removes.push_back({e.ip, e.port, {}});
    ledger_.Observe(static_cast<Ledger::StreamId>(*stream), adds, removes, no_endpoints, Wall(), Mono());
    model_.Observe(*stream, added, removed, no_endpoints, mismatches, Wall(), Mono());
  }

  bool Agree(bool histograms) {
    const ClientSnapshot snapshot = ledger_.Snapshot();
    const auto found = snapshot.services.find(0);
    const ServiceCounts real = found == snapshot.services.end() ? ServiceCounts{} : found->second;
    const ServiceCounts model = model_.Counts();
    const ServiceCounts slow = model_.Counts(true);
    bool agree = true;
    const auto equal = [&](std::uint64_t a, std::uint64_t b, const char* what) {
      if (a == b) return;
      agree = false;
      WARN(what << ": ledger " << a << ", model " << b);
    };
    equal(real.due, real.credited + real.missing + real.pending, "due == credited + missing + pending");
    equal(real.destination.Count(), real.credited + real.missing, "a sample each");
    equal(real.due, model.due, "due");
    equal(real.credited, model.credited, "credited");
    equal(real.missing, model.missing, "missing");
    equal(real.pending, model.pending, "pending");
    equal(real.coalesced, model.coalesced, "coalesced");
    equal(real.replaced, model.replaced, "replaced");
    equal(real.redundant, model.redundant, "redundant");
    equal(real.messages, model.messages, "messages");
    equal(snapshot.slow.due, slow.due, "slow due");
    equal(snapshot.slow.due, snapshot.slow.credited + snapshot.slow.missing + snapshot.slow.pending,
          "slow due adds up");
    equal(snapshot.slow.credited, slow.credited, "slow credited");
    equal(snapshot.slow.missing, slow.missing, "slow missing");
    equal(static_cast<std::uint64_t>(real.destination.Sum()), static_cast<std::uint64_t>(model.destination.Sum()),
          "sum of destination");
    equal(static_cast<std::uint64_t>(real.end_to_end.Sum()), static_cast<std::uint64_t>(model.end_to_end.Sum()),
          "sum of endToEnd");
    equal(snapshot.streams_joined, model_.Joined(), "joined");
    equal(snapshot.streams_settled, model_.SettledStreams(), "settled");
    equal(ledger_.Settled() ? 1 : 0, model_.Settled() ? 1 : 0, "all settled");
    equal(snapshot.early_overflow, model_.Overflow(), "overflow");
    equal(snapshot.truth_gaps, gaps_, "gaps");
    for (std::size_t i = 0; i < kInvariantCount; ++i) {
      const auto invariant = static_cast<Invariant>(i);
      equal(snapshot.violations[i], model_.Violations(invariant), std::string(InvariantName(invariant)).c_str());
    }
    if (histograms) {
      equal(real.destination == model.destination ? 1 : 0, 1, "destination");
      equal(real.end_to_end == model.end_to_end ? 1 : 0, 1, "endToEnd");
      equal(real.first_update == model.first_update ? 1 : 0, 1, "first update");
      equal(snapshot.slow.destination == slow.destination ? 1 : 0, 1, "slow destination");
      equal(snapshot.convergence.Times() == model_.ConvergenceTimes() ? 1 : 0, 1, "convergence");
      std::uint64_t samples = 0;
      for (const ClientSlot& slot : snapshot.timeline.Slots()) samples += slot.destination.Count();
      equal(samples, model.destination.Count(), "samples on the timeline");
    }
    return agree;
  }

  Random random_;
  LedgerLimits limits_;
  Ledger ledger_;
  LedgerModel model_;
  std::vector<int> streams_;
  std::vector<Change> recent_;  ///< sent again before the next ones
  std::optional<Endpoint> last_changed_;
  std::int64_t now_ = 1'000'000, last_t1_ = 0;
  Seq seq_ = 0;
  std::uint64_t gaps_ = 0;
  bool started_ = false;
};

TEST_CASE("The ledger agrees with its model through thousands of random histories", "[ledger][property]") {
  const char* given = std::getenv("DST_LOAD_SEED");
  const std::uint64_t base = given != nullptr ? std::strtoull(given, nullptr, 10) : RandomSeed();
  const int histories = given != nullptr ? 1 : 2000;
  ClientSnapshot reached;
  for (int i = 0; i < histories; ++i) {
    const std::uint64_t seed = base + static_cast<std::uint64_t>(i);
    INFO("run again, compared at every step, with DST_LOAD_SEED=" << seed);
    History history(seed);
    REQUIRE(history.Run(100, given != nullptr ? 1 : 7));
    reached.Merge(history.Snapshot());
  }
  if (given != nullptr) return;
  // Histories that never get there would prove nothing.
  const ServiceCounts total = reached.Total();
  CHECK(total.credited > 10'000);
  CHECK(total.missing > 1'000);
  CHECK(total.coalesced > 1'000);
  CHECK(total.replaced > 1'000);
  CHECK(total.redundant > 1'000);
  CHECK(reached.truth_gaps > 100);
  for (std::size_t i = 0; i < kInvariantCount; ++i) {
    INFO(InvariantName(static_cast<Invariant>(i)));
    // What slow readers do to others is judged when clients are merged.
    if (static_cast<Invariant>(i) != Invariant::kSlowReaderIsolation) CHECK(reached.violations[i] > 50);
  }
}

}  // namespace
}  // namespace dst_load::measure
