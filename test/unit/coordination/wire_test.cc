#include "coordination/wire.h"

#include <google/protobuf/stubs/logging.h>

#include <catch2/catch.hpp>

#include "base/random.h"

namespace dst_load::coordination {
namespace {

measure::Histogram RandomHistogram(Random& random) {
  measure::Histogram histogram;
  for (auto n = random.Below(50); n > 0; --n) {
    histogram.Record(Micros{static_cast<std::int64_t>(random.Below(1ULL << random.Below(34))) - 100},
                     1 + random.Below(5));
  }
  return histogram;
}

WallTime RandomTime(Random& random) { return WallTime{Micros{static_cast<std::int64_t>(random.Below(400'000'000))}}; }

measure::GaugeSeries RandomGauges(Random& random) {
  measure::GaugeSeries series;
  for (auto n = random.Below(20); n > 0; --n) {
    series.At(RandomTime(random)).value = static_cast<double>(random.Below(1000)) / 7;
  }
  return series;
}

measure::ClientTimeline RandomTimeline(Random& random) {
  measure::ClientTimeline timeline;
  for (auto n = random.Below(20); n > 0; --n) {
    auto& slot = timeline.At(RandomTime(random));
    slot.destination.Record(Micros{static_cast<std::int64_t>(random.Below(10'000'000))});
    slot.end_to_end.Record(Micros{static_cast<std::int64_t>(random.Below(10'000'000))});
    if (random.Below(2) == 0) slot.held = random.Next();
  }
  return timeline;
}

measure::DestinationMetrics RandomDestination(Random& random) {
  measure::DestinationMetrics metrics{random.Below(2) == 0, random.Next(), random.Next(), "refused", {}};
  for (const auto name : measure::DestinationMetrics::kFigures) {
    if (random.Below(2) == 0) continue;
    metrics.figures[std::string(name)].Record(RandomTime(random), static_cast<double>(random.Below(1000)));
  }
  return metrics;
}

measure::ClientSnapshot RandomClient(Random& random) {
  measure::ClientSnapshot snapshot;
  for (auto n = random.Below(5); n > 0; --n) {
    auto& counts = snapshot.services[static_cast<std::uint32_t>(random.Below(1000))];
    counts.credited = random.Below(1000);
    counts.missing = random.Below(10);
    counts.pending = random.Below(10);
    counts.due = counts.credited + counts.missing + counts.pending;
    counts.messages = random.Next();
    counts.redundant = random.Next();
    counts.coalesced = random.Next();
    counts.replaced = random.Next();
    counts.slow_readers = random.Next();
    counts.destination = RandomHistogram(random);
    counts.end_to_end = RandomHistogram(random);
    counts.first_update = RandomHistogram(random);
  }
  for (auto& count : snapshot.violations) count = random.Below(3);
  snapshot.streams_target = random.Below(100);
  snapshot.streams_open = random.Below(100);
  snapshot.streams_joined = random.Below(100);
  snapshot.streams_settled = random.Below(100);
  snapshot.streams_created = random.Next();
  snapshot.streams_reset = random.Next();
  snapshot.send_timeouts = random.Next();
  if (random.Below(2) == 0) snapshot.errors["UNAVAILABLE"] = random.Next();
  snapshot.early_overflow = random.Next();
  snapshot.truth_gaps = random.Next();
  snapshot.stream_lifetime = RandomHistogram(random);
  snapshot.connection_duration = RandomHistogram(random);
  snapshot.closed_ok = random.Next();
  snapshot.clock_jumps = random.Next();
  snapshot.clock_error = Micros{static_cast<std::int64_t>(random.Below(1000))};
  if (random.Below(2) == 0) {
    snapshot.slow.due = snapshot.slow.credited = random.Below(1000);
    snapshot.slow.slow_readers = random.Next();
    snapshot.slow.destination = RandomHistogram(random);
  }
  snapshot.lag.queue = RandomHistogram(random);
  snapshot.lag.credit = RandomHistogram(random);
  snapshot.lag.cpu = Micros{static_cast<std::int64_t>(random.Below(1000))};
  snapshot.lag.wall = Micros{static_cast<std::int64_t>(random.Below(1000))};
  for (auto n = random.Below(5); n > 0; --n) {
    snapshot.convergence.Learned(static_cast<std::uint32_t>(random.Below(10)), RandomTime(random), RandomTime(random));
    snapshot.convergence.Missed(static_cast<std::uint32_t>(random.Below(10)), RandomTime(random), RandomTime(random));
  }
  snapshot.timeline = RandomTimeline(random);
  return snapshot;
}

ChurnReport RandomChurn(Random& random) {
  ChurnReport report;
  auto& progress = report.progress;
  progress.step = static_cast<ChurnStep>(random.Below(11));
  progress.cycle = static_cast<std::uint32_t>(random.Below(100));
  progress.cycles = static_cast<std::uint32_t>(random.Below(100));
  progress.endpoints = random.Next();
  progress.target_endpoints = random.Next();
  progress.step_started = RandomTime(random);
  for (auto n = random.Below(5); n > 0; --n)
    progress.scheduled.emplace_back(Micros{static_cast<std::int64_t>(random.Below(1000))});
  progress.last_seq = random.Next();
  progress.reason = "QuotaExceeded";
  progress.message = "pods \"x\" is forbidden: é";
  progress.seed = random.Next();
  report.snapshot.scale_events = random.Next();
  report.snapshot.scale_errors = random.Next();
  report.snapshot.services_created = random.Next();
  report.snapshot.changes = random.Next();
  report.snapshot.changes_without_cause = random.Next();
  report.snapshot.overruns = random.Next();
  report.snapshot.kubernetes = RandomHistogram(random);
  report.snapshot.schedule_lag = RandomHistogram(random);
  report.snapshot.clock_jumps = random.Next();
  for (auto n = random.Below(5); n > 0; --n) {
    report.snapshot.marks.push_back({RandomTime(random), "ScaleUp", static_cast<std::uint32_t>(random.Below(9))});
  }
  report.snapshot.marks_dropped = random.Next();
  report.snapshot.endpoints = RandomGauges(random);
  report.snapshot.destination = RandomDestination(random);
  return report;
}

TruthUpdate RandomTruth(Random& random) {
  TruthUpdate update;
  measure::Seq seq = random.Below(1000);
  const auto endpoint = [&] {
    const auto n = std::to_string(random.Below(250));
    return random.Below(2) == 0 ? measure::Endpoint{"10.0.0." + n, 8080, "pod-" + n}
                                : measure::Endpoint{"fd00::" + n, 1, ""};
  };
  if (random.Below(2) == 0) {
    update.state.emplace();
    update.state->seq = seq;
    for (auto n = random.Below(4); n > 0; --n) {
      auto& service = update.state->services.emplace_back();
      for (auto m = random.Below(4); m > 0; --m) service.push_back(endpoint());
    }
  }
  for (auto n = random.Below(6); n > 0; --n) {
    measure::Change change{++seq, static_cast<std::uint32_t>(random.Below(10)), endpoint(), random.Below(2) == 0, {},
                           {}};
    if (random.Below(2) == 0) change.t0 = RandomTime(random);
    change.t1 = RandomTime(random);
    update.changes.push_back(change);
  }
  return update;
}

/// Through bytes, as on the wire.
template <class Message>
Message Transfer(const Message& message) {
  Message copy;
  REQUIRE(copy.ParseFromString(message.SerializeAsString()));
  return copy;
}

TEST_CASE("Everything that crosses the wire arrives as it left", "[wire]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 100; ++round) {
    const auto snapshot = RandomClient(random);
    const ClientStatus status{
        random.Below(2) == 0, "connect x: no such host", {"stream 3 …", "stream 4"}, random.Below(2) == 0};
    const auto client = Transfer(ToWire(snapshot, status));
    REQUIRE(SnapshotFromWire(client).value() == snapshot);
    REQUIRE(StatusFromWire(client).offences == status.offences);
    REQUIRE(StatusFromWire(client).trouble == status.trouble);
    REQUIRE(StatusFromWire(client).concluded == status.concluded);
    REQUIRE(StatusFromWire(client).retired == status.retired);
    REQUIRE(UnpackClient(PackFromWire(client).value()) == snapshot);

    const auto churn = RandomChurn(random);
    const auto arrived = FromWire(Transfer(ToWire(churn))).value();
    REQUIRE(arrived.progress == churn.progress);
    REQUIRE(arrived.snapshot == churn.snapshot);

    const auto truth = RandomTruth(random);
    const auto told = FromWire(Transfer(ToWire(truth))).value();
    REQUIRE(told.changes == truth.changes);
    REQUIRE(told.state.has_value() == truth.state.has_value());
    if (truth.state) {
      REQUIRE(told.state->seq == truth.state->seq);
      REQUIRE(told.state->services == truth.state->services);
    }
  }
}

TEST_CASE("A suspension crosses the wire with a welcome and on its own", "[wire]") {
  for (const bool suspended : {true, false}) {
    WelcomeDirective welcome;
    welcome.welcome.suspended = suspended;
    const auto arrived = FromWire(Transfer(ToWire(Directive(welcome))).welcome());
    REQUIRE(arrived);
    CHECK(arrived->welcome.suspended == suspended);
    const auto pace = Transfer(ToWire(Directive(PaceDirective{suspended})));
    REQUIRE(pace.has_pace());
    CHECK(pace.pace().suspended() == suspended);
  }
}

TEST_CASE("Random bytes that parse as messages are refused or harmless", "[wire]") {
  const google::protobuf::LogSilencer silence;
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  int parsed = 0;
  for (int round = 0; round < 3000; ++round) {
    auto bytes = round % 2 == 0 ? ToWire(RandomClient(random), {}).SerializeAsString()
                                : ToWire(RandomTruth(random)).SerializeAsString();
    for (auto n = random.Below(4); n > 0 && !bytes.empty(); --n) {
      bytes[static_cast<std::size_t>(random.Below(bytes.size()))] = static_cast<char>(random.Next());
    }
    pb::ClientReport client;
    pb::Truth truth;
    if (client.ParseFromString(bytes)) {
      ++parsed;
      if (const auto snapshot = SnapshotFromWire(client)) {
        for (const auto& [service, counts] : snapshot->services) {
          REQUIRE(counts.due == counts.credited + counts.missing + counts.pending);
        }
      }
    }
    if (truth.ParseFromString(bytes)) {
      const auto update = FromWire(truth);
      if (!update) continue;
      for (std::size_t i = 1; i < update->changes.size(); ++i) {
        REQUIRE(update->changes[i].seq == update->changes[i - 1].seq + 1);
      }
    }
  }
  REQUIRE(parsed > 100);
}

TEST_CASE("Truth that cannot be is refused", "[wire]") {
  Random random(7);
  pb::Truth good;
  good.set_snapshot(true);
  good.set_state_seq(4);
  good.add_services();
  auto& change = *good.add_changes();
  change.set_seq(5);
  change.mutable_endpoint()->set_ip("10.0.0.1");
  change.mutable_endpoint()->set_port(80);
  REQUIRE(FromWire(good).has_value());
  const auto refused = [&](const auto& spoil) {
    pb::Truth bad = good;
    spoil(bad);
    const auto result = FromWire(bad);
    return !result && IsInvalid(result.error());
  };
  REQUIRE(refused([](pb::Truth& t) { t.mutable_changes(0)->set_seq(6); }));
  REQUIRE(refused([](pb::Truth& t) { t.mutable_changes(0)->set_service(kMaxServices); }));
  REQUIRE(refused([](pb::Truth& t) { t.mutable_changes(0)->mutable_endpoint()->set_port(65536); }));
  REQUIRE(refused([](pb::Truth& t) { t.mutable_changes(0)->mutable_endpoint()->set_port(0); }));
  REQUIRE(refused([](pb::Truth& t) { t.mutable_changes(0)->mutable_endpoint()->set_ip("example.org"); }));
  REQUIRE(refused([](pb::Truth& t) { t.mutable_changes(0)->mutable_endpoint()->set_pod(std::string(300, 'x')); }));
  REQUIRE(refused([](pb::Truth& t) { *t.add_changes() = t.changes(0); }));
  REQUIRE(refused([](pb::Truth& t) { t.set_snapshot(false); }));
}

TEST_CASE("Reports that cannot be are refused", "[wire]") {
  pb::ClientReport twice;
  twice.add_services()->set_service(3);
  twice.add_services()->set_service(3);
  REQUIRE(IsInvalid(SnapshotFromWire(twice).error()));

  pb::ClientReport lost;
  lost.add_services()->set_due(1);
  REQUIRE(IsInvalid(SnapshotFromWire(lost).error()));

  pb::ClientReport many;
  for (std::size_t i = 0; i <= measure::kInvariantCount; ++i) many.add_violations(0);
  REQUIRE(IsInvalid(SnapshotFromWire(many).error()));

  pb::ClientReport reasons;
  for (int i = 0; i < 100; ++i) (*reasons.mutable_errors())[std::to_string(i)] = 1;
  REQUIRE(IsInvalid(SnapshotFromWire(reasons).error()));

  pb::Histogram histogram;
  histogram.add_index(1);
  REQUIRE(IsInvalid(FromWire(histogram).error()));
  histogram.add_count(1);
  histogram.set_index(0, 4'000'000'000U);
  REQUIRE(IsInvalid(FromWire(histogram).error()));

  pb::ChurnProgress progress;
  progress.set_step(static_cast<pb::ChurnStep>(77));
  REQUIRE(IsInvalid(FromWire(progress).error()));
}

TEST_CASE("A hello needs a role, a run and an instance", "[wire]") {
  pb::Hello hello;
  hello.set_role(pb::ROLE_CLIENT);
  hello.set_run_id("run");
  hello.set_instance("i");
  REQUIRE(FromWire(hello).has_value());
  REQUIRE_FALSE(FromWire(hello)->truth_seq.has_value());
  hello.set_truth_seq(0);
  REQUIRE(FromWire(hello)->truth_seq == measure::Seq{0});
  for (const auto spoil :
       {+[](pb::Hello& h) { h.set_role(pb::ROLE_UNSPECIFIED); }, +[](pb::Hello& h) { h.clear_run_id(); },
        +[](pb::Hello& h) { h.clear_instance(); }, +[](pb::Hello& h) { h.set_instance(std::string(200, 'x')); }}) {
    pb::Hello bad = hello;
    spoil(bad);
    REQUIRE(IsInvalid(FromWire(bad).error()));
  }
}

TEST_CASE("Text is clipped between characters, and what is not UTF-8 is replaced", "[wire]") {
  REQUIRE(ClipText("plain", 10) == "plain");
  REQUIRE(ClipText("plain", 3) == "pla");
  REQUIRE(ClipText("aé", 2) == "a");
  REQUIRE(ClipText("aé", 3) == "aé");
  REQUIRE(ClipText("\xFF\xC3", 9) == "??");
  REQUIRE(ClipText("\xED\xA0\x80", 9) == "???");
  REQUIRE(ClipText("\xF0\x9F\x98\x80", 9) == "\xF0\x9F\x98\x80");
}

}  // namespace
}  // namespace dst_load::coordination
