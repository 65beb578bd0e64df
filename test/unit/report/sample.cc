#include "sample.h"

#include <cmath>

#include "base/time.h"

namespace dst_load::report {
namespace {

using namespace std::chrono_literals;

const WallTime kStart = ParseTime("2026-11-26T12:00:00Z").value();
constexpr std::uint64_t kServices = 10, kStreamsPerService = 100;
constexpr Micros kHold = 60s;

/// About exp(N(log median, sigma)): sums of twelve uniform numbers are close to normal.
Micros LogNormal(Random& random, Micros median, double sigma) {
  double normal = -6;
  for (int i = 0; i < 12; ++i) normal += static_cast<double>(random.Below(1'000'000)) / 1e6;
  return Micros{std::llround(static_cast<double>(median.count()) * std::exp(sigma * normal))};
}

/// A made-up run: endpoints come in the order they are asked for, streams learn of them a little later.
class World {
 public:
  coordination::RunView Play() {
    for (std::uint32_t cycle = 0; cycle < 3; ++cycle) {
      const WallTime up = kStart + 2 * kHold * cycle;
      Scale(up, "ScaleUp", "HoldMax", cycle, 50ms, +1);
      Scale(up + kHold, "ScaleDown", "HoldMin", cycle, 20ms, -1);
    }
    Sample();
    return view_;
  }

 private:
  void Scale(WallTime at, const char* step, const char* hold, std::uint32_t cycle, Micros pace, int sign) {
    view_.churn.marks.push_back({at, step, cycle});
    view_.churn.marks.push_back({at + 5s, hold, cycle});
    for (std::uint32_t service = 0; service < kServices; ++service) {
      const WallTime t0 = at + Micros{static_cast<std::int64_t>(random_.Below(5'000'000))};
      ++view_.churn.scale_events;
      view_.churn.schedule_lag.Record(LogNormal(random_, 400us, 0.7));
      for (int n = 0; n < 190; ++n) {
        const WallTime t1 = t0 + 300ms + n * pace + LogNormal(random_, 900ms, 0.4);
        view_.churn.kubernetes.Record(t1 - t0);
        ++view_.churn.changes;
        truth_.emplace_back(t1, sign);
        Learn(service, t0, t1, sign);
      }
    }
  }

  void Learn(std::uint32_t service, WallTime t0, WallTime t1, int sign) {
    auto& counts = view_.clients.services[service];
    for (std::uint64_t i = 0; i < kStreamsPerService; i += 10) {
      const WallTime t2 = t1 + LogNormal(random_, 4ms, 0.9);
      counts.due += 10;
      counts.credited += 10;
      counts.messages += 4;
      counts.destination.Record(t2 - t1, 10);
      counts.end_to_end.Record(t2 - t0, 10);
      auto& slot = view_.clients.timeline.At(t2);
      for (int n = 0; n < 10; ++n) {
        slot.destination.Record(t2 - t1);
        slot.end_to_end.Record(t2 - t0);
      }
      view_.clients.convergence.Learned(service, t0, t2);
      held_.emplace_back(t2, sign * 10);
    }
  }

  /// What is sampled once a second: truth, held, the destination's own figures.
  void Sample() {
    std::sort(truth_.begin(), truth_.end());
    std::sort(held_.begin(), held_.end());
    std::int64_t truth = 10 * kServices, held = truth * kStreamsPerService;
    std::size_t next_truth = 0, next_held = 0;
    auto& destination = view_.churn.destination;
    destination.asked = true;
    for (WallTime t = kStart - 10s; t < kStart + 6 * kHold; t += 1s) {
      for (; next_truth < truth_.size() && truth_[next_truth].first <= t; ++next_truth)
        truth += truth_[next_truth].second;
      for (; next_held < held_.size() && held_[next_held].first <= t; ++next_held) held += held_[next_held].second;
      view_.churn.endpoints.At(t).value = static_cast<double>(truth);
      view_.clients.timeline.At(t).held = static_cast<std::uint64_t>(held);
      ++destination.scrapes;
      const double load = static_cast<double>(truth) / 2000;
      const double noise = static_cast<double>(random_.Below(1000)) / 1000;
      const auto note = [&](std::string_view name, double value) {
        destination.figures[std::string(name)].Record(t, value);
      };
      note(measure::DestinationMetrics::kMemory, (90 + 260 * load + 12 * noise) * (1 << 20));
      note(measure::DestinationMetrics::kCpu, 0.05 + 0.6 * load * noise);
      note(measure::DestinationMetrics::kGoroutines, std::floor(2100 + 40 * noise));
      note(measure::DestinationMetrics::kHeap, (40 + 180 * load + 9 * noise) * (1 << 20));
      note(measure::DestinationMetrics::kOverflows, 0);
    }
  }

  Random random_{42};
  coordination::RunView view_;
  std::vector<std::pair<WallTime, std::int64_t>> truth_, held_;
};

void AddWorkers(coordination::RunView& view) {
  view.workers = {{"oscillate-churn-4f1b", "oscillate-churn", true, true, true, "", 120us, 40us},
                  {"oscillate-client-7d-x2-99aa", "oscillate-client-7d-x2", false, true, true, "", -310us, 55us},
                  {"oscillate-client-7d-z9-01bc", "oscillate-client-7d-z9", false, true, true, "", 15us, 61us}};
  view.facts = {true, true, 2, 2, 1000, 1000};
  view.facts.streams_at_end = 1000;
  view.clients_attached = view.clients_joined = 2;
  view.churn_attached = true;
  view.stage = coordination::Stage::kConcluded;
  view.progress.step = coordination::ChurnStep::kFinished;
  view.progress.cycle = view.progress.cycles = 3;
  view.progress.endpoints = view.progress.target_endpoints = 100;
  view.progress.seed = 42;
}

}  // namespace

ReportFacts SampleFacts() {
  ReportFacts facts;
  facts.name = "oscillate";
  facts.ns = "load";
  facts.run_id = "3f2c9d1e";
  facts.phase = "Failed";
  facts.started = kStart - 40s;
  facts.running = kStart;
  facts.completed = kStart + 6 * kHold + 4s;
  facts.version = "0.1.0";
  facts.destination = "linkerd-destination.linkerd.svc.cluster.local:8086";
  facts.machine = {4, std::uint64_t{16} << 30, "Linux 6.1.0-18-amd64 x86_64"};
  facts.seed = 42;
  facts.services = kServices;
  facts.service_prefix = "test-service";
  facts.streams = kServices * kStreamsPerService;
  facts.spec = R"({"churn":{"pattern":"oscillate","minEndpoints":10,"maxEndpoints":200,"minHold":"1m","maxHold":"1m",)"
               R"("cycles":3},"workload":{"services":10},"client":{"replicas":2,"streamsPerService":50}})";
  return facts;
}

namespace {

coordination::RunView MakeView() {
  coordination::RunView view = World().Play();
  AddWorkers(view);
  Random random(7);
  for (int i = 0; i < 1000; ++i) {
    auto& counts = view.clients.services[static_cast<std::uint32_t>(i % 10)];
    counts.first_update.Record(LogNormal(random, 6ms, 0.6));
    view.clients.connection_duration.Record(LogNormal(random, 2ms, 0.3));
  }
  for (int i = 0; i < 5000; ++i) {
    view.clients.lag.queue.Record(LogNormal(random, 60us, 0.8));
    view.clients.lag.credit.Record(LogNormal(random, 12us, 0.5));
  }
  view.clients.lag.cpu = 71s;
  view.clients.lag.wall = 740s;
  view.clients.clock_error = 61us;
  view.clients.streams_target = view.clients.streams_open = view.clients.streams_joined = 1000;
  view.clients.streams_settled = 1000;
  view.clients.streams_created = 1012;
  view.clients.send_timeouts = view.clients.closed_ok = 9;
  view.clients.errors["unavailable"] = 3;
  view.clients.violations[static_cast<std::size_t>(measure::Invariant::kNoFlap)] = 2;
  view.offences = {
      "service index 3 stream 317: no_flap: removed 10.42.0.17:8080, which is true since 2026-11-26T12:01:03.120000Z",
      "service index 3 stream 318: no_flap: removed 10.42.0.17:8080, which is true since 2026-11-26T12:01:03.120000Z"};
  return view;
}

}  // namespace

coordination::RunView SampleView() {
  static const coordination::RunView view = MakeView();
  return view;
}

measure::Criteria SampleCriteria() {
  measure::Criteria criteria;
  criteria.end_to_end.p99 = 15s;
  criteria.destination.p50 = 10ms;
  criteria.destination.p99 = 500ms;
  criteria.stream_timeout_percent = 0.5;
  return criteria;
}

measure::Verdict SampleVerdict() {
  const auto view = SampleView();
  return measure::Judge(SampleCriteria(), view.facts, view.clients, view.churn);
}

Report SampleReport() { return Gather(SampleFacts(), SampleView(), SampleVerdict()); }

}  // namespace dst_load::report
