#include "kube/connection.h"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "test/support/gate.h"
#include "test/unit/kube/test_server.h"

namespace dst_load::kube {
namespace {

using namespace std::chrono_literals;
using test_support::Authority;
using test_support::Gate;
using test_support::Issue;
using test_support::MakeAuthority;

const Authority& TheAuthority() {
  static const Authority authority = MakeAuthority("ca");
  return authority;
}

Config To(const TestServer& server, const Authority& authority = TheAuthority()) {
  Config config;
  config.server = server.Url();
  config.ca_pem = authority.pair.cert_pem;
  return config;
}

tl::expected<HttpResponse, Failure> Ask(const Config& config, Micros patience = 10s) {
  const auto endpoint = Endpoint::Create(config);
  REQUIRE(endpoint);
  const auto connection = Connection::Create(*endpoint, patience, SystemClock());
  REQUIRE(connection);
  return (*connection)->Send({"GET", "/x", {}, ""}, SystemClock().Mono() + patience, {});
}

void Serve(TestServer& server) {
  server.Http().Get(
      "/x", [](const httplib::Request&, httplib::Response& response) { response.set_content("hello", "text/plain"); });
  server.Start();
}

TEST_CASE("No two connections share a store of authorities: both would add to it", "[tls]") {
  Config config;
  config.server = "https://127.0.0.1:1";
  CHECK_FALSE(Endpoint::Create(config)->Authorities().value());  // the system's
  config.ca_pem = TheAuthority().pair.cert_pem;
  const auto endpoint = Endpoint::Create(config);
  REQUIRE(endpoint);
  const auto one = endpoint->Authorities(), other = endpoint->Authorities();
  REQUIRE(one.value());
  REQUIRE(other.value());
  CHECK(one->get() != other->get());
}

TEST_CASE("A certificate for the server's address, by the given authority, is accepted", "[tls]") {
  TestServer server(Issue(TheAuthority(), {"server", "", {"IP:127.0.0.1"}}));
  Serve(server);
  const auto answer = Ask(To(server));
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "hello");
}

TEST_CASE("A certificate by another authority is refused, and nothing is sent", "[tls]") {
  TestServer server(Issue(TheAuthority(), {"server", "", {"IP:127.0.0.1"}}));
  Serve(server);
  const auto answer = Ask(To(server, MakeAuthority("ca")));
  REQUIRE_FALSE(answer);
  CHECK(IsInvalid(answer.error().error));
  CHECK_FALSE(answer.error().sent);
  CHECK(answer.error().error.message.find("is not trusted") != std::string::npos);
}

TEST_CASE("A certificate for anything but the server's address is refused", "[tls]") {
  const std::vector<test_support::Subject> subjects{
      {"127.0.0.1", "", {}},  // the common name does not count
      {"127.0.0.1", "", {"IP:127.0.0.2"}},
      {"server", "", {"DNS:127.0.0.1"}},  // an address is no name
      {"server", "", {"DNS:localhost"}},
      {"server", "", {"IP:7f00:1::1"}},  // the same first bytes
  };
  for (const auto& subject : subjects) {
    TestServer server(Issue(TheAuthority(), subject));
    Serve(server);
    const auto answer = Ask(To(server));
    INFO(subject.name << " " << (subject.alt_names.empty() ? "" : subject.alt_names[0]));
    REQUIRE_FALSE(answer);
    CHECK(IsInvalid(answer.error().error));
  }
}

TEST_CASE("tls-server-name is verified in place of the address", "[tls]") {
  TestServer server(Issue(TheAuthority(), {"server", "", {"DNS:api.example"}}));
  Serve(server);
  Config config = To(server);
  config.tls_server_name = "api.example";
  CHECK(Ask(config));
  config.tls_server_name = "other.example";
  CHECK_FALSE(Ask(config));
}

TEST_CASE("A host name is verified, wildcards for one label only", "[tls]") {
  TestServer server(Issue(TheAuthority(), {"server", "", {"DNS:*.cluster.example"}}));
  Serve(server);
  Config config = To(server);
  config.tls_server_name = "api.cluster.example";
  CHECK(Ask(config));
  config.tls_server_name = "a.b.cluster.example";
  CHECK_FALSE(Ask(config));
}

TEST_CASE("A client certificate is presented, the newest one on each new connection", "[tls]") {
  const Authority clients = MakeAuthority("clients");
  TestServer server(Issue(TheAuthority(), {"server", "", {"IP:127.0.0.1"}}), clients.pair.cert_pem);
  Serve(server);
  Config config = To(server);
  CHECK_FALSE(Ask(config));
  const KeyPair pair = Issue(clients, {"me", "", {}});
  config.client_cert_pem = pair.cert_pem;
  config.client_key_pem = pair.key_pem;
  CHECK(Ask(config));
  const KeyPair strange = Issue(MakeAuthority("strangers"), {"me", "", {}});
  KeyPair current = strange;
  config.key_pair = [&]() -> Result<KeyPair> { return current; };
  CHECK_FALSE(Ask(config));
  current = pair;
  CHECK(Ask(config));
}

TEST_CASE("Unusable certificates are refused before anything is sent", "[tls]") {
  Config config;
  config.server = "https://127.0.0.1:1";
  config.ca_pem = "no certificate";
  CHECK(IsInvalid(Endpoint::Create(config).error()));
  config.ca_pem = TheAuthority().pair.cert_pem;
  config.client_cert_pem = Issue(TheAuthority(), {"a", "", {}}).cert_pem;
  config.client_key_pem = Issue(TheAuthority(), {"b", "", {}}).key_pem;
  const auto endpoint = Endpoint::Create(config);
  REQUIRE(endpoint);
  const auto connection = Connection::Create(*endpoint, 1s, SystemClock());
  REQUIRE_FALSE(connection);
  CHECK(connection.error().message == "client key: does not belong to the client certificate");
}

TEST_CASE("A server that is not there is unavailable, and nothing was sent", "[connection]") {
  Config config;
  config.server = "http://127.0.0.1:1";
  const auto answer = Ask(config);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().error.code == Code::kUnavailable);
  CHECK_FALSE(answer.error().sent);
}

TEST_CASE("A server that does not answer in time is a timeout", "[connection]") {
  Gate release;
  TestServer server;
  server.Http().Get("/x", [&](const httplib::Request&, httplib::Response&) { release.Wait(); });
  server.Start();
  Config config;
  config.server = server.Url();
  const auto answer = Ask(config, 50ms);
  release.Open();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().error.code == Code::kTimeout);
}

TEST_CASE("A prefix in the server's address comes before every path", "[connection]") {
  TestServer server;
  server.Http().Get("/prefix/x", [](const httplib::Request& request, httplib::Response& response) {
    response.set_content(request.get_header_value("Host"), "text/plain");
  });
  server.Start();
  Config config;
  config.server = server.Url() + "/prefix/";
  const auto answer = Ask(config);
  REQUIRE(answer);
  CHECK(answer->body == fmt::format("127.0.0.1:{}", server.Port()));
}

/// A server that sends "one" and then nothing until it is released.
class Stalled {
 public:
  template <class... Args>
  explicit Stalled(const Args&... args) : server_(args...) {
    server_.Http().Get("/x", [this](const httplib::Request&, httplib::Response& response) {
      response.set_chunked_content_provider("text/plain", [this](std::size_t, httplib::DataSink& sink) {
        sink.write("one", 3);
        release_.Wait();
        return false;
      });
    });
    server_.Start();
  }
  ~Stalled() { release_.Open(); }
  Stalled(const Stalled&) = delete;
  Stalled& operator=(const Stalled&) = delete;

  const TestServer& Server() const { return server_; }
  void Release() { release_.Open(); }

 private:
  Gate release_;
  TestServer server_;  ///< last: its threads wait at the gate
};

/// Streams from `server`, asking for the stop as soon as the first chunk is there where `stop` is set.
tl::expected<HttpResponse, Failure> StreamFrom(const Config& config, Micros silence, std::stop_source* stop,
                                               Micros& took) {
  const auto endpoint = Endpoint::Create(config);
  REQUIRE(endpoint);
  const auto connection = Connection::Create(*endpoint, silence, SystemClock());
  REQUIRE(connection);
  Gate first;
  std::jthread stopper;
  if (stop != nullptr) {
    stopper = std::jthread([&first, stop] {
      first.Wait();
      stop->request_stop();
    });
  }
  const MonoTime begun = SystemClock().Mono();
  auto result = (*connection)
                    ->Stream({"GET", "/x", {}, ""}, stop == nullptr ? std::stop_token{} : stop->get_token(),
                             [&](std::string_view chunk) {
                               CHECK(chunk == "one");
                               first.Open();
                               return true;
                             });
  took = SystemClock().Mono() - begun;
  return result;
}

TEST_CASE("A stop ends a blocked read at once, encrypted or not", "[connection]") {
  Micros took{};
  SECTION("plain") {
    const Stalled stalled;
    Config config;
    config.server = stalled.Server().Url();
    std::stop_source stop;
    const auto result = StreamFrom(config, 1min, &stop, took);
    REQUIRE_FALSE(result);
    CHECK(IsCancelled(result.error().error));
  }
  SECTION("TLS") {
    const Stalled stalled(Issue(TheAuthority(), {"server", "", {"IP:127.0.0.1"}}));
    std::stop_source stop;
    const auto result = StreamFrom(To(stalled.Server()), 1min, &stop, took);
    REQUIRE_FALSE(result);
    CHECK(IsCancelled(result.error().error));
  }
  CHECK(took < 1s);
}

TEST_CASE("Silence ends a stream as a timeout", "[connection]") {
  Stalled stalled;
  Config config;
  config.server = stalled.Server().Url();
  Micros took{};
  const auto result = StreamFrom(config, 50ms, nullptr, took);
  REQUIRE_FALSE(result);
  CHECK(result.error().error.code == Code::kTimeout);
}

TEST_CASE("A stream that breaks off is unavailable, not ended", "[connection]") {
  Stalled stalled;
  Config config;
  config.server = stalled.Server().Url();
  stalled.Release();
  Micros took{};
  const auto result = StreamFrom(config, 1min, nullptr, took);
  REQUIRE_FALSE(result);
  CHECK(result.error().error.code == Code::kUnavailable);
}

TEST_CASE("A stop ends a TLS handshake that the server never answers", "[connection]") {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(listen(listener, 1) == 0);
  REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  Config config;
  config.server = fmt::format("https://127.0.0.1:{}", ntohs(address.sin_port));
  const auto endpoint = Endpoint::Create(config);
  REQUIRE(endpoint);
  const auto connection = Connection::Create(*endpoint, 1min, SystemClock());
  REQUIRE(connection);
  std::stop_source stop;
  std::jthread stopper([&] {
    const int accepted = accept(listener, nullptr, nullptr);
    char byte = 0;
    recv(accepted, &byte, 1, MSG_PEEK);  // the handshake has begun
    stop.request_stop();
    close(accepted);
  });
  const auto result = (*connection)->Send({"GET", "/x", {}, ""}, SystemClock().Mono() + 1min, stop.get_token());
  close(listener);
  REQUIRE_FALSE(result);
  CHECK(IsCancelled(result.error().error));
}

}  // namespace
}  // namespace dst_load::kube
