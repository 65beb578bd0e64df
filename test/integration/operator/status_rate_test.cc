#include <mutex>

#include <catch2/catch.hpp>

#include "kube/informer.h"
#include "test/integration/operator/troupe.h"

namespace dst_load::op::test {
namespace {

/// When a LoadTest that runs was written. Thread-safe.
class Writes {
 public:
  explicit Writes(Cluster& cluster)
      : watch_(cluster.Api(), kLoadTests, In(cluster.Namespace()), SystemClock(), Read, [this](const auto& change) {
          if (!change.relist) Note();
        }) {}
  std::vector<MonoTime> Times() const {
    const std::lock_guard lock(mutex_);
    return times_;
  }
  bool Synced() const { return watch_.Synced(); }

 private:
  static kube::WatcherOptions In(const std::string& ns) {
    kube::WatcherOptions options;
    options.ns = ns;
    return options;
  }
  static Result<int> Read(const nlohmann::json&) { return 0; }
  void Note() {
    const std::lock_guard lock(mutex_);
    times_.push_back(SystemClock().Mono());
  }

  mutable std::mutex mutex_;
  std::vector<MonoTime> times_;
  kube::Informer<int> watch_;
};

TEST_CASE("A status is written at most once a second, however often workers report", "[operator]") {
  constexpr std::size_t kWrites = 6;
  Cluster cluster("status-rate");
  cluster.Apply(kSmall);
  REQUIRE(Cluster::Await([&] { return HasChildren(cluster); }));
  Troupe troupe(cluster);
  REQUIRE(cluster.AwaitPhase(Phase::kRunning));
  Writes writes(cluster);
  REQUIRE(Cluster::Await([&] { return writes.Synced(); }));
  REQUIRE(Cluster::Await([&] {
    troupe.churn.Grow(1);
    troupe.churn.Report(ChurnStep::kHoldMax, 1);
    return writes.Times().size() >= kWrites;
  }));
  const auto times = writes.Times();
  // The first may have reached us late: a second is allowed for that.
  CHECK(times[kWrites - 1] - times[0] > std::chrono::seconds{kWrites - 2});
}

}  // namespace
}  // namespace dst_load::op::test
