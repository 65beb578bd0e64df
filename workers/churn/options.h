#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "workers/churn/destination_scraper.h"
#include "workers/churn/schedule.h"

namespace dst_load::workers::churn {

/// The flags of `churn` as they were given; absent ones are empty.
struct ChurnFlags {
  using Text = std::optional<std::string>;
  Text ns, services, endpoints_per_service, pattern, min_endpoints, max_endpoints, min_hold, max_hold, jitter, cycles,
      duration, seed, name_prefix, metrics_port, cleanup, kubeconfig, context, test_name, owner, coordinator,
      coordinator_dir, run_id, pod_name, coordinator_listen, clients, streams, report_dir, calibration_file,
      destination_metrics_url, destination_metrics_interval;
};

enum class CleanupPolicy { kAlways, kOnSuccess, kNever };

/// Whom what churn creates belongs to: a LoadTest of dst-load.dev/v1alpha1.
struct OwnerReference {
  std::string name;
  std::string uid;
  bool operator==(const OwnerReference&) const = default;
};

/// A coordinator to attach to.
struct AttachOptions {
  std::string address;  ///< "host:port"
  std::string dir;      ///< of the credentials
  std::string run_id;
};

/// A coordinator to be, for runs without an operator.
struct ListenOptions {
  std::string host = "0.0.0.0";
  std::uint16_t port = 0;
  std::string dir;     ///< where the credentials are written to
  std::string run_id;  ///< empty: one is made
  std::uint64_t clients = 0;
  std::uint64_t streams = 0;     ///< of all clients together
  std::string report_dir;        ///< where the run's report is written to; empty: nowhere
  std::string calibration_file;  ///< what `calibrate --json` printed, for the report; empty: none
};

/// What `churn` was told, checked.
struct ChurnOptions {
  std::string ns;
  std::string name_prefix;
  std::string test_name;
  std::optional<OwnerReference> owner;
  SchedulePlan plan;  ///< plan.seed is to be filled in when `seeded` is false
  bool seeded = false;
  CleanupPolicy cleanup = CleanupPolicy::kAlways;
  std::uint16_t metrics_port = 9090;  ///< 0: a free one
  std::string kubeconfig;
  std::string context;
  std::string pod_name;
  std::optional<AttachOptions> attach;
  std::optional<ListenOptions> listen;
  std::optional<ScrapeOptions> scrape;  ///< the destination service's metrics page

  /// "test-service-1" for index 0.
  std::string ServiceName(std::uint32_t index) const { return name_prefix + "-" + std::to_string(index + 1); }
};

/// Checks the flags together. Errors: kInvalid, naming the flag: "--cycles: …".
Result<ChurnOptions> ParseChurnOptions(const ChurnFlags& flags);

}  // namespace dst_load::workers::churn
