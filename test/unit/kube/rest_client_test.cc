#include <catch2/catch.hpp>

#include <atomic>
#include <mutex>
#include <set>

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <nlohmann/json.hpp>

#include "kube/client.h"
#include "kube/metrics.h"
#include "test/support/gate.h"
#include "test/unit/kube/test_server.h"

namespace dst_load::kube {
namespace {

using namespace std::chrono_literals;
using httplib::Request;
using httplib::Response;
using nlohmann::json;

constexpr const char* kPath = "/api/v1/namespaces/ns/pods";

std::unique_ptr<Client> ClientOf(const TestServer& server, ClientOptions options = {},
                                 ClientMetrics* metrics = nullptr) {
  Config config;
  config.server = server.Url();
  auto client = Client::Create(config, std::move(options), SystemClock(), metrics);
  REQUIRE(client);
  return std::move(*client);
}

/// Answers with each status in turn, the last one for ever; counts.
struct Script {
  std::vector<int> statuses;
  std::string retry_after = "";
  std::atomic<std::size_t> requests{0};

  void operator()(const Request&, Response& response) {
    const std::size_t i = requests++;
    response.status = statuses[std::min(i, statuses.size() - 1)];
    if (!retry_after.empty()) response.set_header("Retry-After", retry_after);
    response.set_content(R"({"kind":"Pod"})", "application/json");
  }
};

TEST_CASE("A read is tried again until the server is well", "[rest]") {
  TestServer server;
  Script script{{503, 500, 200}};
  server.Http().Get(std::string(kPath) + "/x", std::ref(script));
  server.Start();
  CHECK(ClientOf(server)->Get(kPods, "ns", "x"));
  CHECK(script.requests == 3);
}

TEST_CASE("A creation that the server may have done is not tried again, a throttled one is", "[rest]") {
  TestServer server;
  Script broken{{503}};
  server.Http().Post(kPath, std::ref(broken));
  Script throttled{{429, 201}, "0"};
  server.Http().Post("/api/v1/namespaces/busy/pods", std::ref(throttled));
  server.Start();
  const auto client = ClientOf(server);
  const auto failed = client->Create(kPods, "ns", {{"metadata", {{"name", "x"}}}});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == Code::kUnavailable);
  CHECK(failed.error().message.starts_with("create pods/ns/x: "));
  CHECK(broken.requests == 1);
  CHECK(client->Create(kPods, "busy", {{"metadata", {{"name", "x"}}}}));
  CHECK(throttled.requests == 2);
}

TEST_CASE("Attempts end, and a server that asks for too much patience is not waited for", "[rest]") {
  TestServer server;
  Script broken{{503}};
  server.Http().Get(std::string(kPath) + "/x", std::ref(broken));
  Script patient{{429}, "3600"};
  server.Http().Get(std::string(kPath) + "/y", std::ref(patient));
  server.Start();
  ClientOptions options;
  options.attempts = 2;
  const auto client = ClientOf(server, options);
  CHECK(client->Get(kPods, "ns", "x").error().code == Code::kUnavailable);
  CHECK(broken.requests == 2);
  CHECK(client->Get(kPods, "ns", "y").error().code == Code::kThrottled);
  CHECK(patient.requests == 1);
}

TEST_CASE("The client's stop ends a wait between attempts", "[rest]") {
  TestServer server;
  std::stop_source stop;
  server.Http().Get(std::string(kPath) + "/x", [&](const Request&, Response& response) {
    response.status = 429;
    response.set_header("Retry-After", "25");
    response.set_content("", "text/plain");
  });
  server.Start();
  ClientOptions options;
  options.stop = stop.get_token();
  const auto client = ClientOf(server, options);
  const MonoTime begun = SystemClock().Mono();
  std::jthread stopper([&] { stop.request_stop(); });
  const auto cancelled = client->Get(kPods, "ns", "x");
  REQUIRE_FALSE(cancelled);
  CHECK(IsCancelled(cancelled.error()));
  CHECK(SystemClock().Mono() - begun < 5s);
}

TEST_CASE("A list is ended by the stop of who waits for it", "[rest]") {
  test_support::Gate asked;
  test_support::Gate release;
  TestServer server;
  server.Http().Get(kPath, [&](const Request&, Response&) {
    asked.Open();
    release.Wait();
  });
  server.Start();
  const auto client = ClientOf(server);
  std::stop_source stop;
  std::jthread stopper([&] {
    asked.Wait();
    stop.request_stop();
  });
  const auto cancelled = client->ListUntil(stop.get_token(), kPods, "ns", "");
  release.Open();
  REQUIRE_FALSE(cancelled);
  CHECK(IsCancelled(cancelled.error()));
}

TEST_CASE("Requests that follow each other share a connection", "[rest]") {
  TestServer server;
  std::mutex mutex;
  std::set<int> ports;
  std::string agent;
  server.Http().Get(std::string(kPath) + "/x", [&](const Request& request, Response& response) {
    const std::lock_guard lock(mutex);
    ports.insert(request.remote_port);
    agent = request.get_header_value("User-Agent");
    response.set_content("{}", "application/json");
  });
  server.Start();
  ClientOptions options;
  options.user_agent = "me/1";
  const auto client = ClientOf(server, options);
  for (int i = 0; i < 4; ++i) REQUIRE(client->Get(kPods, "ns", "x"));
  const std::lock_guard lock(mutex);
  CHECK(ports.size() == 1);
  CHECK(agent == "me/1");
}

TEST_CASE("A success that is not JSON is an internal error", "[rest]") {
  TestServer server;
  server.Http().Get(std::string(kPath) + "/x",
                    [](const Request&, Response& response) { response.set_content("<html>", "text/html"); });
  server.Start();
  const auto got = ClientOf(server)->Get(kPods, "ns", "x");
  REQUIRE_FALSE(got);
  CHECK(got.error().code == Code::kInternal);
  CHECK(got.error().message == "get pods/ns/x: the answer is not JSON");
}

TEST_CASE("A list whose pages expire half way is read again in one piece", "[rest]") {
  TestServer server;
  std::atomic<int> whole{0};
  server.Http().Get(kPath, [&](const Request& request, Response& response) {
    if (request.has_param("continue")) {
      response.status = 410;
      response.set_content(R"({"kind":"Status","reason":"Expired","code":410})", "application/json");
    } else if (request.has_param("limit")) {
      response.set_content(R"({"metadata":{"resourceVersion":"5","continue":"more"},"items":[{}]})",
                           "application/json");
    } else {
      ++whole;
      response.set_content(R"({"metadata":{"resourceVersion":"7"},"items":[{},{}]})", "application/json");
    }
  });
  server.Start();
  const auto list = ClientOf(server)->List(kPods, "ns");
  REQUIRE(list);
  CHECK(list->items.size() == 2);
  CHECK(list->resource_version == "7");
  CHECK(list->items[0]["kind"] == "Pod");
  CHECK(whole == 1);
}

TEST_CASE("A watch asks for bookmarks and hands over lines until its reader has enough", "[rest]") {
  TestServer server;
  std::string target;
  server.Http().Get(kPath, [&](const Request& request, Response& response) {
    target = request.target;
    if (request.get_param_value("resourceVersion") == "1") {
      response.status = 410;
      response.set_content(R"({"kind":"Status","reason":"Expired","code":410,"message":"too old"})",
                           "application/json");
      return;
    }
    response.set_chunked_content_provider("application/json", [](std::size_t, httplib::DataSink& sink) {
      for (const char* chunk : {"{\"a\"", ":1}\n{\"b\":2}\n{\"c", "\":3}\n"})
        sink.write(chunk, std::string(chunk).size());
      sink.done();
      return true;
    });
  });
  server.Start();
  const auto client = ClientOf(server);
  std::vector<std::string> lines;
  const auto collect = [&](std::size_t most) {
    return [&lines, most](std::string_view line) {
      lines.emplace_back(line);
      return lines.size() < most;
    };
  };
  CHECK(client->WatchLines(kPods, "ns", "app=x", "5", 10s, {}, collect(9)));
  CHECK(lines == std::vector<std::string>{R"({"a":1})", R"({"b":2})", R"({"c":3})"});
  CHECK(target == std::string(kPath) + "?watch=true&allowWatchBookmarks=true&labelSelector=app%3Dx&resourceVersion=5");
  lines.clear();
  CHECK(client->WatchLines(kPods, "ns", "", "5", 10s, {}, collect(2)));
  CHECK(lines.size() == 2);
  const auto gone = client->WatchLines(kPods, "ns", "", "1", 10s, {}, collect(9));
  REQUIRE_FALSE(gone);
  CHECK(IsGone(gone.error()));
  CHECK(gone.error().message == "watch pods/ns: too old");
}

TEST_CASE("Requests are counted by code and method, from zero on", "[rest]") {
  TestServer server;
  Script script{{503, 200}};
  server.Http().Get(std::string(kPath) + "/x", std::ref(script));
  server.Start();
  prometheus::Registry registry;
  ClientMetrics metrics(registry);
  const auto client = ClientOf(server, {}, &metrics);
  const auto text = [&] { return prometheus::TextSerializer().Serialize(registry.Collect()); };
  const std::string host = fmt::format("127.0.0.1:{}", server.Port());
  CHECK(text().find("rest_client_requests_total{code=\"200\",host=\"" + host + "\",method=\"PATCH\"} 0") !=
        std::string::npos);
  REQUIRE(client->Get(kPods, "ns", "x"));
  CHECK(text().find("rest_client_requests_total{code=\"503\",host=\"" + host + "\",method=\"GET\"} 1") !=
        std::string::npos);
  CHECK(text().find("rest_client_requests_total{code=\"200\",host=\"" + host + "\",method=\"GET\"} 1") !=
        std::string::npos);
  CHECK(text().find("rest_client_request_retries_total{code=\"503\",host=\"" + host + "\",verb=\"GET\"} 1") !=
        std::string::npos);
  CHECK(text().find("rest_client_request_duration_seconds_count{host=\"" + host + "\",verb=\"GET\"} 2") !=
        std::string::npos);
}

TEST_CASE("A token does not go out unencrypted", "[rest]") {
  Config config;
  config.server = "http://127.0.0.1:1";
  config.token = []() -> Result<std::string> { return "secret"; };
  const auto client = Client::Create(config, {}, SystemClock());
  REQUIRE_FALSE(client);
  CHECK(IsInvalid(client.error()));
}

TEST_CASE("The token of the moment goes with each request, and none without one", "[rest]") {
  const auto authority = test_support::MakeAuthority("ca");
  TestServer server(test_support::Issue(authority, {"server", "", {"IP:127.0.0.1"}}));
  server.Http().Get(std::string(kPath) + "/x", [](const Request& request, Response& response) {
    response.set_content(json{{"seen", request.get_header_value("Authorization")}}.dump(), "application/json");
  });
  server.Start();
  Config config;
  config.server = server.Url();
  config.ca_pem = authority.pair.cert_pem;
  Result<std::string> token = "first";
  config.token = [&] { return token; };
  const auto client = Client::Create(config, {}, SystemClock());
  REQUIRE(client);
  CHECK((*client)->Get(kPods, "ns", "x").value()["seen"] == "Bearer first");
  token = "second";
  CHECK((*client)->Get(kPods, "ns", "x").value()["seen"] == "Bearer second");
  token = "two\r\nHost: lines";
  CHECK((*client)->Get(kPods, "ns", "x").error().code == Code::kUnauthorized);
  token = Fail(Code::kUnauthorized, "no token");
  CHECK((*client)->Get(kPods, "ns", "x").error() == Error{Code::kUnauthorized, "get pods/ns/x: no token"});
}

}  // namespace
}  // namespace dst_load::kube
