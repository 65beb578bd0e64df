#include "operator_process.h"

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <limits>
#include <sstream>

#include <fmt/format.h>

#include "base/time.h"
#include "kube/connection.h"
#include "test/support/kube_apiserver.h"

namespace dst_load::op::bench {
namespace {

/// Calls visit(labels, value) for each sample of a family.
template <class Visit>
void EachSample(const std::string& page, const std::string& family, const Visit& visit) {
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(family) || line.size() == family.size()) continue;
    const char next = line[family.size()];
    if (next != '{' && next != ' ') continue;
    const auto space = line.rfind(' ');
    visit(line.substr(family.size(), space - family.size()), std::strtod(line.c_str() + space, nullptr));
  }
}

std::map<double, double> BucketsOf(const std::string& page, const std::string& family) {
  std::map<double, double> buckets;
  EachSample(page, family + "_bucket", [&](const std::string& labels, double value) {
    const auto at = labels.find("le=\"");
    if (at == std::string::npos) return;
    const double bound = labels.compare(at + 4, 4, "+Inf") == 0 ? std::numeric_limits<double>::infinity()
                                                                : std::strtod(labels.c_str() + at + 4, nullptr);
    buckets[bound] += value;
  });
  return buckets;
}

}  // namespace

double SumOf(const std::string& page, const std::string& family, const std::string& labels) {
  double sum = 0;
  EachSample(page, family, [&](const std::string& held, double value) {
    if (held.find(labels) != std::string::npos) sum += value;
  });
  return sum;
}

double QuantileBetween(const std::string& before, const std::string& after, const std::string& family, double q) {
  const auto old = BucketsOf(before, family);
  const double gained = SumOf(after, family + "_count") - SumOf(before, family + "_count");
  if (gained <= 0) return 0;
  for (const auto& [bound, count] : BucketsOf(after, family)) {
    const auto found = old.find(bound);
    if (count - (found == old.end() ? 0 : found->second) >= q * gained) return bound;
  }
  return std::numeric_limits<double>::infinity();
}

OperatorProcess::OperatorProcess(const std::string& ns, const std::string& identity)
    : process_(
          {DST_LOAD_OPERATOR, "--kubeconfig=" + test_support::SharedApiServer().KubeconfigPath(), "--namespace=" + ns,
           "--watch-namespace=" + ns, "--worker-image=dst-load:bench", "--coordinator-address=127.0.0.1:9092",
           fmt::format("--coordinator-port={}", coordinator_port_), fmt::format("--metrics-port={}", metrics_port_),
           "--probe-port=0", "--leader-elect", "--pod-name=" + identity, "--log-level=error"},
          files_.Path("operator.log")) {}

std::string OperatorProcess::Metrics() const {
  kube::Config config;
  config.server = fmt::format("http://127.0.0.1:{}", metrics_port_);
  const auto endpoint = kube::Endpoint::Create(config);
  if (!endpoint) return "";
  const auto connection = kube::Connection::Create(*endpoint, std::chrono::seconds{10}, SystemClock());
  if (!connection) return "";
  const auto answer =
      (*connection)->Send({"GET", "/metrics", {}, ""}, SystemClock().Mono() + std::chrono::seconds{10}, {});
  return answer && answer->status == 200 ? answer->body : "";
}

std::uint64_t OperatorProcess::ResidentKiB() const {
  std::ifstream file(fmt::format("/proc/{}/status", process_.Pid()));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6));
  }
  return 0;
}

Micros OperatorProcess::Cpu() const {
  std::ifstream file(fmt::format("/proc/{}/stat", process_.Pid()));
  std::string line;
  std::getline(file, line);
  // Fields 14 and 15 of the line, of which the second may hold blanks and ends with the last bracket.
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  std::int64_t user = 0, kernel = 0;
  fields >> user >> kernel;
  return Micros{(user + kernel) * 1'000'000 / sysconf(_SC_CLK_TCK)};
}

std::string OperatorProcess::CoordinatorAddress() const { return fmt::format("127.0.0.1:{}", coordinator_port_); }

void OperatorProcess::Signal(int signal) const { kill(process_.Pid(), signal); }

}  // namespace dst_load::op::bench
