#include "operator/worker_args.h"

#include <string_view>

#include <fmt/format.h>

#include "base/duration.h"

namespace dst_load::op {
namespace {

class Args {
 public:
  explicit Args(std::string subcommand) { args_.push_back(std::move(subcommand)); }

  void Add(std::string_view flag, const std::string& value) { args_.push_back(fmt::format("--{}={}", flag, value)); }
  void Add(std::string_view flag, std::int64_t value) { Add(flag, std::to_string(value)); }
  void Add(std::string_view flag, Micros span) { Add(flag, FormatDuration(span)); }
  template <class T>
  void Add(std::string_view flag, const std::optional<T>& value) {
    if (value) Add(flag, *value);
  }
  std::vector<std::string> Take() && { return std::move(args_); }

 private:
  std::vector<std::string> args_;
};

/// The operator deletes the workload of a test that passed: whether it did is not for the worker to know.
std::string_view WorkerCleanup(Cleanup cleanup) {
  return CleanupName(cleanup == Cleanup::kOnSuccess ? Cleanup::kNever : cleanup);
}

}  // namespace

std::vector<std::string> ChurnArgs(const LoadTest& test, const std::string& coordinator) {
  const ChurnSpec& churn = test.spec.churn;
  Args args("churn");
  args.Add("namespace", test.meta.ns);
  args.Add("services", test.spec.services);
  args.Add("name-prefix", test.spec.name_prefix);
  args.Add("pattern", churn.oscillate ? "oscillate" : "stable");
  if (churn.oscillate) {
    args.Add("min-endpoints", churn.min_endpoints);
    args.Add("max-endpoints", churn.max_endpoints);
    args.Add("min-hold", churn.min_hold);
    args.Add("max-hold", churn.max_hold);
    args.Add("jitter", churn.jitter);
    args.Add("cycles", churn.cycles);
  } else {
    args.Add("endpoints-per-service", churn.endpoints_per_service);
  }
  args.Add("duration", churn.duration);
  args.Add("seed", churn.seed);
  if (!test.spec.destination_metrics_url.empty()) {
    args.Add("destination-metrics-url", test.spec.destination_metrics_url);
  }
  args.Add("cleanup", std::string(WorkerCleanup(test.spec.cleanup)));
  args.Add("test-name", test.meta.name);
  args.Add("owner", test.meta.name + "/" + test.meta.uid);
  args.Add("coordinator", coordinator);
  args.Add("coordinator-dir", kCoordinatorDir);
  return std::move(args).Take();
}

std::vector<std::string> ClientArgs(const LoadTest& test, const std::string& coordinator,
                                    const std::string& cluster_domain) {
  const Spec& spec = test.spec;
  Args args("client");
  args.Add("destination", spec.destination);
  args.Add("services",
           fmt::format("{}-{{1..{}}}.{}.svc.{}:8080", spec.name_prefix, spec.services, test.meta.ns, cluster_domain));
  args.Add("streams-per-service", spec.client.streams_per_service);
  args.Add("streams-per-connection", spec.client.streams_per_connection);
  args.Add("ramp-up", spec.client.ramp_up);
  args.Add("stream-max-lifetime", spec.client.stream_max_lifetime);
  args.Add("stream-reset-interval", spec.client.stream_reset_interval);
  if (spec.client.slow_percent > 0) {
    args.Add("slow-readers-percent", spec.client.slow_percent);
    args.Add("slow-read-delay", spec.client.slow_read_delay);
  }
  args.Add("context-nodes", spec.context_nodes);
  args.Add("convergence-deadline", spec.convergence_deadline);
  args.Add("coordinator", coordinator);
  args.Add("coordinator-dir", kCoordinatorDir);
  return std::move(args).Take();
}

}  // namespace dst_load::op
