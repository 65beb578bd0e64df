// What the ledger costs: nanoseconds for an update, and bytes for a stream. Build the release preset with
// DST_LOAD_TESTS=ON.
#include <malloc.h>

#include <ctime>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "measure/ledger.h"

namespace dst_load::measure {
namespace {

constexpr std::uint32_t kServices = 10;
constexpr std::uint32_t kStreamsPerService = 500;
constexpr int kEndpoints = 100;
constexpr int kChurned = 100;  ///< endpoints a round adds to, and removes from, each service
constexpr int kRounds = 20;

std::size_t HeapBytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

Endpoint EndpointAt(std::uint32_t service, int i, int round) {
  return {fmt::format("10.{}.{}.{}", service, i / 250, i % 250), 8080,
          fmt::format("test-service-{}-6d4cf56db6-r{}x{}", service, round, i)};
}

class Bench {
 public:
  Bench() : ledger_(kServices, {}) {}

  void Run() {
    Join();
    for (int round = 0; round < kRounds; ++round) Round(round);
    const auto per = [](Micros span, std::uint64_t count) {
      return 1000.0 * static_cast<double>(span.count()) / static_cast<double>(count);
    };
    fmt::print("{:<58}{:>8.0f} ns\n", "truth change, for each stream it is due on", per(truth_, learned_));
    fmt::print("{:<58}{:>8.0f} ns\n", "message with one endpoint, credited", per(credit_, learned_));
    fmt::print("{:<58}{:>8.0f} ns\n", "message with one endpoint that was held already", per(repeat_, repeated_));
    fmt::print("{:<58}{:>8.0f} ns\n", "message with one endpoint, before its truth", per(early_, early_count_));
    const ServiceCounts total = ledger_.Snapshot().Total();
    fmt::print("due {} credited {} redundant {}\n", total.due, total.credited, total.redundant);
  }

 private:
  /// Time of the processor, not of the clock: other processes do not count.
  static Micros Now() { return Micros{std::clock() * (1'000'000 / CLOCKS_PER_SEC)}; }
  WallTime Wall() { return WallTime{Micros{1'800'000'000'000'000 + ++tick_}}; }

  void Observe(Ledger::StreamId stream, const Endpoint& endpoint, bool added) {
    const Sighting sighting{endpoint.ip, endpoint.port, added ? std::string_view{endpoint.pod} : std::string_view{}};
    const std::span<const Sighting> one{&sighting, 1}, none;
    ledger_.Observe(stream, added ? one : none, added ? none : one, false, Wall(), MonoTime{Micros{tick_}});
  }

  void Join() {
    TruthState state{1, std::vector<std::vector<Endpoint>>(kServices)};
    for (std::uint32_t service = 0; service < kServices; ++service) {
      for (int i = 0; i < kEndpoints; ++i) state.services[service].push_back(EndpointAt(service, i, -1));
    }
    ledger_.SetTruth(state);
    const std::size_t before = HeapBytes();
    const Micros start = Now();
    for (std::uint32_t i = 0; i < kServices * kStreamsPerService; ++i) {
      const std::uint32_t service = i % kServices;
      const auto stream = ledger_.AddStream(service);
      ledger_.Opened(stream, MonoTime{Micros{++tick_}}, Wall());
      std::vector<Sighting> added;
      for (const Endpoint& e : state.services[service]) added.push_back({e.ip, e.port, e.pod});
      ledger_.Observe(stream, added, {}, false, Wall(), MonoTime{Micros{tick_}});
    }
    const Micros took = Now() - start;
    constexpr double kStreams = kServices * kStreamsPerService;
    fmt::print("{} streams, each holding {} endpoints, joined: {}\n", kStreams, kEndpoints, ledger_.Settled());
    fmt::print("{:<58}{:>8.0f} bytes\n", "a stream with its set", static_cast<double>(HeapBytes() - before) / kStreams);
    fmt::print("{:<58}{:>8.0f} ns\n", "first set, for each endpoint",
               1000.0 * static_cast<double>(took.count()) / (kStreams * kEndpoints));
  }

  /// Endpoints come, are repeated, and go; every fourth round the truth comes after the messages.
  void Round(int round) {
    for (const bool added : {true, false}) {
      for (int i = 0; i < kChurned; ++i) {
        for (std::uint32_t service = 0; service < kServices; ++service) {
          One(service, EndpointAt(service, kEndpoints + i, round), added, round % 4 == 3);
        }
      }
    }
    ledger_.Expire(Wall());
  }

  void One(std::uint32_t service, const Endpoint& endpoint, bool added, bool late) {
    const WallTime t1 = Wall();
    const Change change{++seq_, service, endpoint, added, t1 - Micros{20'000}, t1};
    if (!late) Apply(change);
    const Micros start = Now();
    for (std::uint32_t i = service; i < kServices * kStreamsPerService; i += kServices) Observe(i, endpoint, added);
    const Micros seen = Now();
    (late ? early_ : credit_) += seen - start;
    (late ? early_count_ : learned_) += kStreamsPerService;
    if (late) Apply(change);
    if (!added) return;
    const Micros again = Now();
    for (std::uint32_t i = service; i < kServices * kStreamsPerService; i += kServices) Observe(i, endpoint, true);
    repeat_ += Now() - again;
    repeated_ += kStreamsPerService;
  }

  void Apply(const Change& change) {
    const Micros start = Now();
    ledger_.ApplyChanges({&change, 1});
    truth_ += Now() - start;
  }

  Ledger ledger_;
  std::int64_t tick_ = 0;
  Seq seq_ = 1;
  Micros truth_{}, credit_{}, repeat_{}, early_{};
  std::uint64_t learned_ = 0, repeated_ = 0, early_count_ = 0;
};

}  // namespace
}  // namespace dst_load::measure

int main() { dst_load::measure::Bench().Run(); }
