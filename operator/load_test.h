#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "base/time.h"
#include "kube/resource.h"
#include "measure/verdict.h"
#include "operator/pod_template.h"

namespace dst_load::op {

inline constexpr kube::Resource kLoadTests{"dst-load.dev", "v1alpha1", "loadtests", "LoadTest", true};

/// Asks for another run of a test that is over.
inline constexpr std::string_view kRerunAnnotation = "dst-load.dev/rerun";

struct Meta {
  std::string ns;
  std::string name;
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  bool deleting = false;
};

/// When the workload's objects are deleted at the end. Names as in spec.cleanup and in the churn worker's --cleanup.
enum class Cleanup { kAlways, kOnSuccess, kNever };
std::string_view CleanupName(Cleanup cleanup);

struct ChurnSpec {
  bool oscillate = false;  ///< otherwise stable
  std::int64_t min_endpoints = 10;
  std::int64_t max_endpoints = 200;
  std::int64_t endpoints_per_service = 100;
  Micros min_hold = std::chrono::minutes{2};
  Micros max_hold = std::chrono::minutes{5};
  std::optional<Micros> jitter;  ///< absent: the worker's default
  std::optional<std::int64_t> cycles;
  std::optional<Micros> duration;
  std::optional<std::int64_t> seed;
  PodTemplate pod_template;
};

struct ClientSpec {
  std::int64_t replicas = 10;
  std::int64_t streams_per_service = 10;
  std::int64_t streams_per_connection = 100;
  Micros ramp_up{0};
  std::optional<Micros> stream_max_lifetime;
  std::optional<Micros> stream_reset_interval;
  std::int64_t slow_percent = 0;
  Micros slow_read_delay = std::chrono::seconds{1};
  PodTemplate pod_template;
};

/// spec, as crds/loadtest.yaml describes it; the same defaults.
struct Spec {
  std::string destination = "linkerd-destination.linkerd.svc.cluster.local:8086";
  std::string destination_metrics_url;  ///< empty: none
  std::int64_t context_nodes = 0;
  std::int64_t services = 10;
  std::string name_prefix = "test-service";
  ChurnSpec churn;
  ClientSpec client;
  measure::Criteria criteria;
  Micros convergence_deadline = std::chrono::seconds{60};
  Micros startup_deadline = std::chrono::minutes{5};
  std::optional<Micros> deadline;
  Cleanup cleanup = Cleanup::kAlways;
  std::optional<Micros> ttl_after_finished;  ///< absent: the children stay
  bool abort_on_breach = false;
  bool stop = false;
  bool suspend = false;

  /// Streams of one client Pod, and of all.
  std::int64_t StreamsPerReplica() const { return services * client.streams_per_service; }
  std::int64_t Streams() const { return StreamsPerReplica() * client.replicas; }
};

/// In the order of a run's life; none comes back once it is left, but with another run.
enum class Phase { kNone, kPending, kStarting, kRunning, kDraining, kSucceeded, kFailed, kStopped };
std::string_view PhaseName(Phase phase);  ///< "" for kNone
inline bool IsTerminal(Phase phase) { return phase >= Phase::kSucceeded; }
/// Every phase that a test can be in, for metrics.
inline constexpr Phase kPhases[] = {Phase::kPending,   Phase::kStarting, Phase::kRunning, Phase::kDraining,
                                    Phase::kSucceeded, Phase::kFailed,   Phase::kStopped};

enum class Truth { kFalse, kTrue, kUnknown };

struct Condition {
  std::string type;
  Truth status = Truth::kUnknown;
  std::string reason;
  std::string message;
  std::int64_t observed_generation = 0;
  WallTime last_transition{};  ///< whole seconds
  bool operator==(const Condition&) const = default;
};

struct ChurnStatus {
  std::string pod_name;
  std::string step;
  std::uint64_t cycle = 0;
  std::uint64_t cycles = 0;  ///< 0: until stopped
  std::uint64_t scale_events = 0;
  std::uint64_t changes = 0;
  std::uint64_t endpoints = 0;
  std::uint64_t target_endpoints = 0;
  std::string seed;
  bool operator==(const ChurnStatus&) const = default;
};

struct ClientStatus {
  std::uint64_t replicas = 0;
  std::uint64_t ready = 0;
  std::uint64_t streams = 0;
  std::uint64_t target_streams = 0;
  std::uint64_t due = 0;
  std::uint64_t updates = 0;
  std::uint64_t missing = 0;
  std::uint64_t resets = 0;
  std::uint64_t errors = 0;
  std::uint64_t send_timeouts = 0;
  std::uint64_t lost = 0;       ///< client Pods, or processes in them, that went without a word
  std::uint64_t retired = 0;    ///< those that were told to go before the end
  std::uint64_t abandoned = 0;  ///< of due: given up with clients that went
  bool operator==(const ClientStatus&) const = default;
};

struct LegStatus {
  std::uint64_t count = 0;
  std::string p50, p95, p99, p999, max;  ///< for people; empty without samples
  bool operator==(const LegStatus&) const = default;
};

struct CriterionStatus {
  std::string name, limit, measured, result;
  bool operator==(const CriterionStatus&) const = default;
};

/// A run before the present one.
struct PastRun {
  std::string run_id;
  std::string verdict;
  std::string reason;
  std::optional<WallTime> start_time;
  std::optional<WallTime> completion_time;
  std::string end_to_end_p99, destination_p99;
  std::string report_config_map;
  bool operator==(const PastRun&) const = default;
};

/// status, as crds/loadtest.yaml describes it. Times are whole seconds: reading back what was written gives the same.
struct LoadTestStatus {
  std::int64_t observed_generation = 0;
  Phase phase = Phase::kNone;
  std::string verdict;
  std::string reason;
  std::string message;
  std::string run_id;
  std::string rerun_token;  ///< LoadTest::rerun_token as it was when the run began
  std::optional<WallTime> start_time;
  std::optional<WallTime> running_time;
  std::optional<WallTime> completion_time;
  std::optional<WallTime> children_deleted_time;  ///< by spec.ttl_after_finished
  std::string cycles;
  ChurnStatus churn;
  ClientStatus client;
  LegStatus kubernetes, destination, end_to_end, convergence;
  std::string report_config_map;
  std::map<std::string, std::uint64_t> violations;
  std::vector<std::string> offences;
  std::vector<CriterionStatus> criteria;
  std::vector<Condition> conditions;
  std::vector<PastRun> history;  ///< newest first
  bool operator==(const LoadTestStatus&) const = default;
};

/// One LoadTest as last seen.
struct LoadTest {
  Meta meta;
  Spec spec;
  LoadTestStatus status;
  std::string rerun_token;  ///< of annotation dst-load.dev/rerun; empty: none
  std::string spec_json;    ///< as it was read, for the report
  /// Why the spec cannot be read; empty when it can. The CRD refuses nearly all of these.
  std::string invalid;

  kube::ObjectKey Key() const { return {meta.ns, meta.name}; }
};

/// Reads what the API server holds. What is absent takes its default. Never fails: see LoadTest::invalid.
LoadTest ParseLoadTest(const nlohmann::json& object);

/// Reads one object's metadata.
Meta ParseMeta(const nlohmann::json& object);
Result<Spec> ParseSpec(const nlohmann::json& object);
LoadTestStatus ParseStatus(const nlohmann::json& object);

/// The value of `status` in a merge patch: what is empty is null, so that the server drops what it held.
nlohmann::json StatusToJson(const LoadTestStatus& status);

}  // namespace dst_load::op
