#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/time.h"
#include "coordination/worker_session.h"
#include "measure/histogram.h"

namespace dst_load::op::bench {

/// When each change was published and when clients were told of it. Thread-safe.
class RelayWatch {
 public:
  /// Waits for `clients` to be told of each change.
  explicit RelayWatch(std::size_t clients) : clients_(clients) {}

  /// The changes up to `seq`, of which none was named before, are published now.
  void Published(measure::Seq seq);
  /// One client is told of all changes up to `seq`, after `known`.
  void Told(measure::Seq known, measure::Seq seq);
  /// Drops what is under way.
  void Forget();

  /// From publishing to each client; and to the last one of all.
  measure::Histogram ToEach() const;
  measure::Histogram ToLast() const;

 private:
  struct Waited {
    MonoTime published{};
    std::size_t told = 0;
  };
  const std::size_t clients_;
  mutable std::mutex mutex_;
  measure::Seq newest_ = 0;
  std::map<measure::Seq, Waited> waited_;
  measure::Histogram each_, last_;
};

/// What every played client reports: the figures of a run under way, alike for all. Not thread-safe.
class PlayedFigures {
 public:
  PlayedFigures(std::uint32_t services, std::uint64_t streams_per_service)
      : services_(services), streams_per_service_(streams_per_service) {}

  /// `changes` of each service happened at `at` by one scale event, and every stream learned of them; latencies are
  /// spread as those of docs/results.md are.
  void Learn(WallTime at, std::uint64_t changes);
  /// `joined`: the streams hold the truth.
  measure::ClientSnapshot Snapshot(bool joined) const;
  std::uint64_t Streams() const { return services_ * streams_per_service_; }

 private:
  Micros Spread(Micros least, Micros most);

  const std::uint32_t services_;
  const std::uint64_t streams_per_service_;
  std::uint64_t random_ = 1;
  measure::ClientSnapshot counted_;
};

/// One client's session. `watch` must outlive it.
class PlayedClient {
 public:
  PlayedClient(const coordination::SessionOptions& options, RelayWatch& watch);

  /// It holds a truth.
  bool Knows() const { return known_ > 0; }
  bool Drains() const { return drains_; }
  bool Released() const { return released_; }
  /// Final once the run drains.
  void Report(const measure::ClientSnapshot& snapshot);

 private:
  RelayWatch& watch_;
  std::atomic<measure::Seq> known_{0};
  std::atomic<bool> drains_{false}, released_{false};
  std::unique_ptr<coordination::ClientSession> session_;  ///< last: its thread uses the others
};

}  // namespace dst_load::op::bench
