// How long LoadTests go without an operator when the leading one ends: killed, so that its Lease must run out, and
// asked to end, so that it hands the Lease on. Fewer rounds: DST_LOAD_BENCH_KILLS, _HANDOVERS.
#include <csignal>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "bed.h"
#include "kube/leader.h"
#include "operator/load_test.h"

using namespace dst_load;
using namespace dst_load::op::bench;

namespace {

constexpr const char* kNs = "failover";

struct Waits {
  std::vector<Micros> until_led, until_worked;
};

/// One leader, one that stands by; again and again the leader ends and another takes the place of whoever stood by.
class Relay {
 public:
  explicit Relay(kube::Client& client) : client_(client), leader_(Stand()) {
    REQUIRE(Await([&] { return leader_->Leads(); }));
    next_ = Stand();
  }

  /// Ends the leader; a LoadTest is made that moment. Adds how long it took until the other led, and until both
  /// children of that LoadTest were there.
  void Round(int signal, Waits& waits) {
    Standby();
    const std::string name = fmt::format("waiting-{}", count_);
    const MonoTime ended = SystemClock().Mono();
    leader_->Signal(signal);
    REQUIRE(client_.Create(op::kLoadTests, kNs, LoadTestOf(name, {{"client", {{"replicas", 1}}}})));
    REQUIRE(Await([&] { return next_->Leads(); }));
    waits.until_led.push_back(SystemClock().Mono() - ended);
    REQUIRE(Await([&] { return client_.Get(kube::kPods, kNs, name + "-churn").has_value(); }));
    REQUIRE(Await([&] { return client_.Get(kube::kDeployments, kNs, name + "-client").has_value(); }));
    waits.until_worked.push_back(SystemClock().Mono() - ended);
    REQUIRE(client_.Delete(op::kLoadTests, kNs, name));
    leader_ = std::move(next_);
    next_ = Stand();
  }

  /// Who stands by, and has asked for the Lease.
  const OperatorProcess& Standby() const {
    REQUIRE(Await([&] { return Asked(*next_); }));
    return *next_;
  }

 private:
  static bool Asked(const OperatorProcess& process) {
    return SumOf(process.Metrics(), "rest_client_requests_total", "method=\"GET\"") >= 2;
  }

  std::unique_ptr<OperatorProcess> Stand() {
    return std::make_unique<OperatorProcess>(kNs, fmt::format("operator-{}", ++count_));
  }

  kube::Client& client_;
  int count_ = 0;
  std::unique_ptr<OperatorProcess> leader_, next_;
};

Micros Slowest(const std::vector<Micros>& times) { return *std::max_element(times.begin(), times.end()); }

void Row(Table& table, const std::string& what, std::vector<Micros> times) {
  std::sort(times.begin(), times.end());
  const auto seconds = [](Micros time) { return double(time.count()) / 1e6; };
  table.Row(fmt::format("{}, p50 and max of {}", what, times.size()),
            fmt::format("{:.2f} s, {:.2f} s", seconds(times[(times.size() - 1) / 2]), seconds(times.back())));
}

TEST_CASE("The operator's fail-over", "[bench]") {
  const int kills = Setting("DST_LOAD_BENCH_KILLS", 5);
  const int handovers = Setting("DST_LOAD_BENCH_HANDOVERS", 10);
  const auto client = Admin(kNs);
  Relay relay(*client);
  Waits asked, killed;
  for (int i = 0; i < handovers; ++i) relay.Round(SIGTERM, asked);
  for (int i = 0; i < kills; ++i) relay.Round(SIGKILL, killed);

  Table table;
  Row(table, "SIGTERM, the other leads", asked.until_led);
  Row(table, "SIGTERM, children of a new LoadTest", asked.until_worked);
  Row(table, "SIGKILL, the other leads", killed.until_led);
  Row(table, "SIGKILL, children of a new LoadTest", killed.until_worked);
  table.Resident("of who stands by", relay.Standby());
  WARN(table.Text());
  // Handing on is no waiting for the Lease to run out.
  const kube::LeaderOptions lease;
  CHECK(Slowest(asked.until_worked) < lease.lease_duration / 2);
  CHECK(Slowest(killed.until_worked) < 2 * lease.lease_duration);
}

}  // namespace
