#include <limits>

#include "sample.h"

namespace dst_load::report {
namespace {

/// Below what readers refuse.
std::int64_t Spread(Random& random) { return static_cast<std::int64_t>(random.Next() >> (4 + random.Below(60))); }
bool Coin(Random& random) { return random.Below(2) == 0; }
/// Within what JSON readers and slots of series can hold.
WallTime RandomTime(Random& random) { return WallTime{Micros{static_cast<std::int64_t>(random.Below(400'000'000))}}; }

std::string RandomText(Random& random) {
  constexpr const char* kTexts[] = {"", "x", "a \"b\" <c> & 'd'", "é€😀", "line\nbreak\tand\x01", "]]>", "\\u0000 {}"};
  return kTexts[random.Below(std::size(kTexts))];
}

std::vector<std::string> RandomTexts(Random& random) {
  std::vector<std::string> texts;
  for (auto n = random.Below(4); n > 0; --n) texts.push_back(RandomText(random));
  return texts;
}

measure::Histogram RandomHistogram(Random& random) {
  measure::Histogram histogram;
  for (auto n = random.Below(40); n > 0; --n) {
    histogram.Record(Micros{static_cast<std::int64_t>(random.Below(1ULL << random.Below(34))) - 100},
                     1 + random.Below(5));
  }
  return histogram;
}

measure::GaugeSeries RandomGauges(Random& random) {
  measure::GaugeSeries series;
  for (auto n = random.Below(20); n > 0; --n) {
    series.At(RandomTime(random)).value = static_cast<double>(random.Below(1000)) / 7 - 40;
  }
  return series;
}

measure::ServiceCounts RandomCounts(Random& random) {
  measure::ServiceCounts counts;
  counts.credited = random.Below(1000);
  counts.missing = random.Below(10);
  counts.pending = random.Below(10);
  counts.due = counts.credited + counts.missing + counts.pending;
  counts.messages = random.Below(1U << 20);
  counts.redundant = random.Below(100);
  counts.coalesced = random.Below(100);
  counts.replaced = random.Below(100);
  counts.slow_readers = random.Below(100);
  counts.destination = RandomHistogram(random);
  counts.end_to_end = RandomHistogram(random);
  counts.first_update = RandomHistogram(random);
  return counts;
}

void FillStreams(Random& random, measure::ClientSnapshot& clients) {
  clients.streams_target = random.Next();
  clients.streams_open = random.Next();
  clients.streams_joined = random.Next();
  clients.streams_settled = random.Next();
  clients.streams_created = random.Next();
  clients.streams_reset = random.Next();
  clients.closed_ok = random.Below(100);
  clients.send_timeouts = random.Below(200);
  for (const char* reason : {"unavailable", "cancelled"}) {
    if (Coin(random)) clients.errors[reason] = random.Next();
  }
  clients.stream_lifetime = RandomHistogram(random);
  clients.connection_duration = RandomHistogram(random);
}

void FillClients(Random& random, measure::ClientSnapshot& clients) {
  for (auto n = random.Below(5); n > 0; --n) {
    clients.services[static_cast<std::uint32_t>(random.Below(1000))] = RandomCounts(random);
  }
  for (auto& count : clients.violations) count = random.Below(3);
  FillStreams(random, clients);
  clients.early_overflow = random.Next();
  clients.truth_gaps = random.Next();
  clients.clock_jumps = random.Next();
  clients.clock_error = Micros{static_cast<std::int64_t>(random.Below(1000))};
  if (Coin(random)) clients.slow = RandomCounts(random);
  clients.lag = {RandomHistogram(random), RandomHistogram(random), Micros{Spread(random)}, Micros{Spread(random)}};
  for (auto n = random.Below(6); n > 0; --n) {
    clients.convergence.Learned(static_cast<std::uint32_t>(random.Below(10)), RandomTime(random), RandomTime(random));
    clients.convergence.Missed(static_cast<std::uint32_t>(random.Below(10)), RandomTime(random), RandomTime(random));
  }
  clients.convergence.CountDropped(random.Below(9));
  for (auto n = random.Below(20); n > 0; --n) {
    auto& slot = clients.timeline.At(RandomTime(random));
    slot.destination.Record(Micros{Spread(random) >> 10});
    if (Coin(random)) slot.end_to_end.Record(Micros{Spread(random) >> 10});
    if (Coin(random)) slot.held = random.Next();
  }
}

void FillChurn(Random& random, measure::ChurnSnapshot& churn) {
  churn.scale_events = random.Next();
  churn.scale_errors = random.Next();
  churn.services_created = random.Next();
  churn.changes = random.Next();
  churn.changes_without_cause = random.Next();
  churn.overruns = random.Next();
  churn.kubernetes = RandomHistogram(random);
  churn.schedule_lag = RandomHistogram(random);
  churn.clock_jumps = random.Next();
  for (auto n = random.Below(5); n > 0; --n) {
    churn.marks.push_back({RandomTime(random), RandomText(random), static_cast<std::uint32_t>(random.Below(9))});
  }
  churn.marks_dropped = random.Next();
  churn.endpoints = RandomGauges(random);
  churn.destination.asked = Coin(random);
  churn.destination.scrapes = random.Next();
  churn.destination.failures = random.Next();
  churn.destination.trouble = RandomText(random);
  for (const auto name : measure::DestinationMetrics::kFigures) {
    if (Coin(random)) continue;
    auto& figure = churn.destination.figures[std::string(name)];
    for (auto n = 1 + random.Below(9); n > 0; --n) {
      figure.Record(RandomTime(random), static_cast<double>(Spread(random)) / 3);
    }
  }
}

void FillRun(Random& random, coordination::RunView& view) {
  view.stage = static_cast<coordination::Stage>(random.Below(5));
  view.churn_attached = Coin(random);
  view.progress.step = static_cast<coordination::ChurnStep>(random.Below(11));
  view.progress.cycle = static_cast<std::uint32_t>(random.Next());
  view.progress.cycles = static_cast<std::uint32_t>(random.Below(9));
  view.progress.endpoints = random.Next();
  view.progress.target_endpoints = random.Next();
  view.progress.step_started = WallTime{Micros{Spread(random)}};
  view.progress.last_seq = random.Next();
  view.progress.reason = RandomText(random);
  view.progress.message = RandomText(random);
  view.progress.seed = random.Next();
  view.clients_attached = random.Next();
  view.clients_joined = random.Next();
  view.workers_lost = random.Next();
  view.facts = {Coin(random),        Coin(random),        random.Next(),       random.Next(), random.Next(),
                random.Next(),       RandomTexts(random), RandomTexts(random), Coin(random),  random.Next(),
                RandomTexts(random), random.Next(),       random.Next(),       random.Next()};
  view.facts.streams_at_end = random.Next();
  for (auto n = random.Below(4); n > 0; --n) {
    view.workers.push_back({RandomText(random), RandomText(random), Coin(random), Coin(random), Coin(random),
                            RandomText(random), Micros{-Spread(random)}, Micros{Spread(random)},
                            static_cast<coordination::Fate>(random.Below(6)), RandomText(random)});
  }
  view.offences = RandomTexts(random);
  view.trouble = RandomText(random);
}

}  // namespace

ReportFacts RandomFacts(Random& random) {
  ReportFacts facts;
  facts.name = RandomText(random);
  facts.ns = RandomText(random);
  facts.run_id = RandomText(random);
  facts.phase = RandomText(random);
  if (Coin(random)) facts.service_prefix = RandomText(random);
  if (Coin(random)) facts.started = WallTime{Micros{Spread(random)}};
  if (Coin(random)) facts.running = RandomTime(random);
  if (Coin(random)) facts.completed = RandomTime(random);
  facts.version = RandomText(random);
  facts.destination = RandomText(random);
  facts.machine = {random.Below(100), random.Next(), RandomText(random)};
  facts.seed = random.Next();
  facts.services = random.Below(50);
  facts.streams = random.Below(1000);
  if (Coin(random)) facts.spec = R"({"z":1,"a":{"b":[1,"<&>",{"c":null}],"d":[]}})";
  if (Coin(random)) facts.calibration = R"({"rows":[{"streams":1000,"p99Micros":2800}]})";
  return facts;
}

coordination::RunView RandomView(Random& random) {
  coordination::RunView view;
  FillRun(random, view);
  FillClients(random, view.clients);
  FillChurn(random, view.churn);
  return view;
}

measure::Verdict RandomVerdict(Random& random) {
  const auto outcome = [&] { return static_cast<measure::Outcome>(random.Below(3)); };
  measure::Verdict verdict{outcome(), RandomText(random), RandomText(random), {}};
  for (auto n = random.Below(4); n > 0; --n) {
    verdict.criteria.push_back({RandomText(random), RandomText(random), RandomText(random), outcome()});
  }
  return verdict;
}

}  // namespace dst_load::report
