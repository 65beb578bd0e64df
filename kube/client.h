#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "base/time.h"
#include "kube/config.h"
#include "kube/resource.h"

namespace dst_load::kube {

class ClientMetrics;  // kube/metrics.h: rest_client_*

struct ClientOptions {
  double qps = 50;  ///< client-side rate limit; 0: none
  int burst = 100;
  Micros timeout = std::chrono::seconds{30};  ///< a request's deadline, retries not included
  int attempts = 4;                           ///< for transient failures of idempotent requests and every 429
  std::string user_agent = "dst-load";
  /// Ends requests and waits of every verb at once, with kCancelled. Leave it out where a last write follows the stop.
  std::stop_token stop{};
};

enum class Propagation { kBackground, kForeground, kOrphan };

/// What List found: items in the server's order, and the version to watch from.
struct ObjectList {
  std::vector<nlohmann::json> items;
  std::string resource_version;
};

/// Verbs of the Kubernetes API on JSON objects. Callers parse them into structs at once.
///
/// Every error names verb, object and cause ("get pods/ns/x: not found"). Transient failures are retried with
/// backoff inside the deadline; Retry-After is honoured. Thread-safe: connections are pooled, one request each at a
/// time.
class Client {
 public:
  /// `clock` and `metrics`, which may be null, must outlive the client. Sets SIGPIPE to be ignored, where nothing else
  /// handles it. Errors: kInvalid for an unusable URL or certificate, and for a token that would go out unencrypted.
  static Result<std::unique_ptr<Client>> Create(Config config, ClientOptions options, const Clock& clock,
                                                ClientMetrics* metrics = nullptr);
  virtual ~Client() = default;

  virtual Result<nlohmann::json> Get(const Resource& resource, std::string_view ns, std::string_view name) = 0;
  /// Reads every page (500 objects each). Empty ns: all namespaces.
  virtual Result<ObjectList> List(const Resource& resource, std::string_view ns,
                                  std::string_view label_selector = "") = 0;
  /// The same, ended by `stop` with kCancelled. Clients that can't be interrupted, such as fakes, need not override it.
  virtual Result<ObjectList> ListUntil(std::stop_token stop, const Resource& resource, std::string_view ns,
                                       std::string_view label_selector);
  virtual Result<nlohmann::json> Create(const Resource& resource, std::string_view ns,
                                        const nlohmann::json& object) = 0;
  /// Full replacement: fails with kConflict if object.metadata.resourceVersion is stale.
  virtual Result<nlohmann::json> Update(const Resource& resource, std::string_view ns, const nlohmann::json& object,
                                        std::string_view subresource = "") = 0;
  /// Server-side apply. `force` takes fields over from other managers.
  virtual Result<nlohmann::json> Apply(const Resource& resource, std::string_view ns, const nlohmann::json& object,
                                       std::string_view field_manager, bool force = true,
                                       std::string_view subresource = "") = 0;
  virtual Result<nlohmann::json> MergePatch(const Resource& resource, std::string_view ns, std::string_view name,
                                            const nlohmann::json& patch, std::string_view subresource = "") = 0;
  /// Ok when it is already gone.
  virtual Status Delete(const Resource& resource, std::string_view ns, std::string_view name,
                        Propagation propagation = Propagation::kBackground) = 0;

  /// Streams one watch request's lines, each one JSON event ({"type":…,"object":…}), to `on_line`, until the server
  /// ends it (ok), `idle` passes without a byte (kTimeout), `stop` is asked (kCancelled), on_line returns false (ok) or
  /// it fails.
  virtual Status WatchLines(const Resource& resource, std::string_view ns, std::string_view label_selector,
                            std::string_view resource_version, Micros idle, std::stop_token stop,
                            const std::function<bool(std::string_view line)>& on_line) = 0;
};

}  // namespace dst_load::kube
