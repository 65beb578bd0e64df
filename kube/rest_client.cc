#include <algorithm>
#include <csignal>
#include <mutex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/client.h"
#include "kube/connection_pool.h"
#include "kube/error_mapping.h"
#include "kube/line_splitter.h"
#include "kube/metrics.h"
#include "kube/object.h"
#include "kube/rate_limiter.h"
#include "kube/wait.h"

namespace dst_load::kube {
namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kMergePatch = "application/merge-patch+json";
constexpr const char* kApplyPatch = "application/apply-patch+yaml";
constexpr std::string_view kPage = "500";

/// One call of a verb: what to send, and how to speak of it.
struct Call {
  std::string what;  ///< "get pods/ns/x"
  std::string_view method;
  std::string path;
  std::string body;
  std::string_view content_type;
  bool idempotent = true;
};

std::string What(std::string_view verb, const Resource& resource, std::string_view ns, std::string_view name,
                 std::string_view subresource = "") {
  std::string text = fmt::format("{} {}", verb, resource.Describe(ns, name));
  if (!subresource.empty()) text += fmt::format(" {}", subresource);
  return text;
}

bool IsHeaderText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

class RestClient final : public Client {
 public:
  RestClient(Config config, Endpoint endpoint, ClientOptions options, const Clock& clock, ClientMetrics* metrics)
      : config_(std::move(config)),
        endpoint_(std::move(endpoint)),
        options_(std::move(options)),
        clock_(clock),
        metrics_(metrics),
        host_(endpoint_.ServerUrl().Authority()),
        limiter_(options_.qps, options_.burst, clock),
        pool_(endpoint_, options_.timeout, clock),
        random_(RandomSeed()) {
    if (metrics_ != nullptr) metrics_->Expect(host_);
  }

  Result<nlohmann::json> Get(const Resource& resource, std::string_view ns, std::string_view name) override {
    return Json({What("get", resource, ns, name), "GET", resource.Path(ns, name), {}, {}});
  }
  Result<ObjectList> List(const Resource& resource, std::string_view ns, std::string_view label_selector) override {
    return ListUntil({}, resource, ns, label_selector);
  }
  Result<ObjectList> ListUntil(std::stop_token stop, const Resource& resource, std::string_view ns,
                               std::string_view label_selector) override;
  Result<nlohmann::json> Create(const Resource& resource, std::string_view ns, const nlohmann::json& object) override {
    return Json(
        {What("create", resource, ns, KeyOf(object).name), "POST", resource.Path(ns), object.dump(), kJson, false});
  }
  Result<nlohmann::json> Update(const Resource& resource, std::string_view ns, const nlohmann::json& object,
                                std::string_view subresource) override {
    const std::string name = KeyOf(object).name;
    return Json({What("update", resource, ns, name, subresource), "PUT", resource.Path(ns, name, subresource),
                 object.dump(), kJson});
  }
  Result<nlohmann::json> Apply(const Resource& resource, std::string_view ns, const nlohmann::json& object,
                               std::string_view field_manager, bool force, std::string_view subresource) override {
    const std::string name = KeyOf(object).name;
    const std::string query = Query({{"fieldManager", field_manager}, {"force", force ? "true" : ""}});
    return Json({What("apply", resource, ns, name, subresource), "PATCH", resource.Path(ns, name, subresource) + query,
                 object.dump(), kApplyPatch});
  }
  Result<nlohmann::json> MergePatch(const Resource& resource, std::string_view ns, std::string_view name,
                                    const nlohmann::json& patch, std::string_view subresource) override {
    return Json({What("patch", resource, ns, name, subresource), "PATCH", resource.Path(ns, name, subresource),
                 patch.dump(), kMergePatch});
  }
  Status Delete(const Resource& resource, std::string_view ns, std::string_view name, Propagation propagation) override;
  Status WatchLines(const Resource& resource, std::string_view ns, std::string_view label_selector,
                    std::string_view resource_version, Micros idle, std::stop_token stop,
                    const std::function<bool(std::string_view line)>& on_line) override;

 private:
  Result<nlohmann::json> Json(const Call& call) { return Json(call, options_.stop); }
  Result<nlohmann::json> Json(const Call& call, const std::stop_token& stop);
  /// Sends until it succeeds or the policy gives up.
  Result<HttpResponse> Send(const Call& call, const std::stop_token& stop);
  tl::expected<HttpResponse, Failure> Attempt(const Call& call, const std::stop_token& stop);
  Result<ObjectList> Pages(const std::stop_token& stop, const Resource& resource, std::string_view ns,
                           std::string_view selector, std::string_view limit);
  Result<HttpRequest> Prepare(const Call& call) const;
  Status AwaitLimiter(std::string_view method, std::stop_token stop);
  std::optional<Micros> Delay(int attempt, const Failure& failure, bool idempotent);

  const Config config_;
  const Endpoint endpoint_;
  const ClientOptions options_;
  const Clock& clock_;
  ClientMetrics* const metrics_;
  const std::string host_;
  RateLimiter limiter_;
  ConnectionPool pool_;
  std::mutex random_mutex_;
  Random random_;
};

Status RestClient::AwaitLimiter(std::string_view method, std::stop_token stop) {
  const Micros wait = limiter_.Take();
  if (metrics_ != nullptr) metrics_->ObserveLimiter(host_, method, wait);
  if (wait.count() > 0 && !WaitFor(stop, wait)) return Fail(Code::kCancelled, "cancelled");
  return {};
}

Result<HttpRequest> RestClient::Prepare(const Call& call) const {
  HttpRequest request{std::string(call.method), call.path, {}, call.body};
  request.headers.emplace_back("User-Agent", options_.user_agent);
  request.headers.emplace_back("Accept", kJson);
  if (!call.content_type.empty()) request.headers.emplace_back("Content-Type", call.content_type);
  if (config_.token) {
    const auto token = config_.token();
    if (!token) return Fail(token.error());
    if (!IsHeaderText(*token)) return Fail(Code::kUnauthorized, "the token has characters that no token has");
    if (!token->empty()) request.headers.emplace_back("Authorization", "Bearer " + *token);
  }
  return request;
}

tl::expected<HttpResponse, Failure> RestClient::Attempt(const Call& call, const std::stop_token& stop) {
  const auto not_sent = [](Error error) { return tl::unexpected(Failure{std::move(error), false, {}}); };
  const auto request = Prepare(call);
  if (!request) return not_sent(request.error());
  auto connection = pool_.Take();
  if (!connection) return not_sent(connection.error());
  const MonoTime started = clock_.Mono();
  auto answer = (*connection)->Send(*request, started + options_.timeout, stop);
  if (metrics_ != nullptr)
    metrics_->CountRequest(host_, call.method, answer ? answer->status : 0, clock_.Mono() - started);
  if (!answer) return answer;
  pool_.GiveBack(std::move(*connection));
  return answer;
}

std::optional<Micros> RestClient::Delay(int attempt, const Failure& failure, bool idempotent) {
  RetryPolicy policy;
  policy.attempts = options_.attempts;
  const std::lock_guard lock(random_mutex_);
  return RetryDelay(policy, attempt, failure, idempotent, random_);
}

Result<HttpResponse> RestClient::Send(const Call& call, const std::stop_token& stop) {
  const auto cancelled = [&call] { return Fail(Code::kCancelled, fmt::format("{}: cancelled", call.what)); };
  for (int attempt = 1;; ++attempt) {
    if (const auto ready = AwaitLimiter(call.method, stop); !ready) return cancelled();
    auto answer = Attempt(call, stop);
    if (answer && answer->status >= 200 && answer->status < 300) return std::move(*answer);
    const int status = answer ? answer->status : 0;
    Failure failure = answer ? Failure{ErrorFromResponse(call.what, status, answer->body), true, answer->retry_after}
                             : std::move(answer.error());
    if (!answer) failure.error.message = fmt::format("{}: {}", call.what, failure.error.message);
    const auto delay = Delay(attempt, failure, call.idempotent);
    if (!delay) return Fail(std::move(failure.error));
    if (metrics_ != nullptr) metrics_->CountRetry(host_, call.method, status);
    if (!WaitFor(stop, *delay)) return cancelled();
  }
}

Result<nlohmann::json> RestClient::Json(const Call& call, const std::stop_token& stop) {
  const auto answer = Send(call, stop);
  if (!answer) return Fail(answer.error());
  auto parsed = ParseJson(answer->body);
  if (!parsed) return Fail(parsed.error().code, fmt::format("{}: {}", call.what, parsed.error().message));
  return parsed;
}

Status RestClient::Delete(const Resource& resource, std::string_view ns, std::string_view name,
                          Propagation propagation) {
  const std::string_view policy = propagation == Propagation::kForeground ? "Foreground"
                                  : propagation == Propagation::kOrphan   ? "Orphan"
                                                                          : "Background";
  const nlohmann::json options{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"propagationPolicy", policy}};
  const auto answer = Send(
      {What("delete", resource, ns, name), "DELETE", resource.Path(ns, name), options.dump(), kJson}, options_.stop);
  if (!answer && !IsNotFound(answer.error())) return Fail(answer.error());
  return {};
}

Result<ObjectList> RestClient::ListUntil(std::stop_token stop, const Resource& resource, std::string_view ns,
                                         std::string_view label_selector) {
  const EitherStop either(options_.stop, std::move(stop));
  auto list = Pages(either.Token(), resource, ns, label_selector, kPage);
  // The pages' snapshot was compacted away while we read: once more, in one piece.
  if (!list && IsGone(list.error())) return Pages(either.Token(), resource, ns, label_selector, "");
  return list;
}

Result<ObjectList> RestClient::Pages(const std::stop_token& stop, const Resource& resource, std::string_view ns,
                                     std::string_view selector, std::string_view limit) {
  ObjectList list;
  std::string more;
  do {
    const std::string query = Query({{"labelSelector", selector}, {"limit", limit}, {"continue", more}});
    auto page = Json({What("list", resource, ns, ""), "GET", resource.Path(ns) + query, {}, {}}, stop);
    if (!page) return Fail(page.error());
    list.resource_version = ResourceVersionOf(*page);
    more = StringAt(*page, "metadata.continue");
    const auto items = page->find("items");
    if (items == page->end() || !items->is_array()) continue;
    for (nlohmann::json& item : *items) {
      // Items of a list come without these two.
      if (item.is_object() && !item.contains("kind"))
        item["apiVersion"] = resource.ApiVersion(), item["kind"] = resource.kind;
      list.items.push_back(std::move(item));
    }
  } while (!more.empty());
  return list;
}

Status RestClient::WatchLines(const Resource& resource, std::string_view ns, std::string_view label_selector,
                              std::string_view resource_version, Micros idle, std::stop_token stop,
                              const std::function<bool(std::string_view line)>& on_line) {
  const std::string query = Query({{"watch", "true"},
                                   {"allowWatchBookmarks", "true"},
                                   {"labelSelector", label_selector},
                                   {"resourceVersion", resource_version}});
  const EitherStop either(options_.stop, std::move(stop));
  const Call call{What("watch", resource, ns, ""), "GET", resource.Path(ns) + query, {}, {}};
  const auto failed = [&call](const Error& error) {
    return Fail(error.code, fmt::format("{}: {}", call.what, error.message));
  };
  if (const auto ready = AwaitLimiter(call.method, either.Token()); !ready) return failed(ready.error());
  const auto request = Prepare(call);
  if (!request) return failed(request.error());
  // A connection of its own: it is busy for as long as the watch lasts.
  const auto connection = Connection::Create(endpoint_, idle, clock_);
  if (!connection) return failed(connection.error());
  LineSplitter lines;
  std::optional<Error> malformed;
  const auto answer = (*connection)->Stream(*request, either.Token(), [&](std::string_view chunk) {
    const auto more = lines.Feed(chunk, on_line);
    if (!more) malformed = more.error();
    return more.value_or(false);
  });
  if (metrics_ != nullptr) metrics_->CountRequest(host_, call.method, answer ? answer->status : 0, Micros{0});
  if (malformed) return failed(*malformed);
  if (!answer) return failed(answer.error().error);
  if (answer->status != 200) return Fail(ErrorFromResponse(call.what, answer->status, answer->body));
  return {};
}

/// A write to a connection that the server closed must be an error, not the end of the process.
void IgnoreSigpipe() {
  struct sigaction now {};
  if (sigaction(SIGPIPE, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) return;
  now.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &now, nullptr);
}

}  // namespace

Result<ObjectList> Client::ListUntil(std::stop_token, const Resource& resource, std::string_view ns,
                                     std::string_view label_selector) {
  return List(resource, ns, label_selector);
}

Result<std::unique_ptr<Client>> Client::Create(Config config, ClientOptions options, const Clock& clock,
                                               ClientMetrics* metrics) {
  auto endpoint = Endpoint::Create(config);
  if (!endpoint) return Fail(endpoint.error());
  if (!endpoint->ServerUrl().tls && config.token) {
    return Fail(Code::kInvalid, fmt::format("server \"{}\": a token is sent over https:// only", config.server));
  }
  // Certificates are looked at now, so that a bad one is a start-up error and not one of the first request.
  if (const auto probe = Connection::Create(*endpoint, options.timeout, clock); !probe && IsInvalid(probe.error())) {
    return Fail(probe.error());
  }
  IgnoreSigpipe();
  return std::make_unique<RestClient>(std::move(config), std::move(*endpoint), std::move(options), clock, metrics);
}

}  // namespace dst_load::kube
