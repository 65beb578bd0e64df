#include "test/support/fault_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include "base/time.h"
#include "kube/tls.h"
#include "kube/url.h"
#include "kube/wait.h"
#include "test/support/certificates.h"
#include "test/support/http_head.h"
#include "test/support/tls_stream.h"

namespace dst_load::test_support {
namespace {

using Context = std::unique_ptr<SSL_CTX, SslFree>;

void Need(bool ok, const char* what) {
  if (ok) return;
  std::cerr << "fault proxy: " << what << '\n';
  std::abort();
}

Context ServingContext(const kube::KeyPair& pair) {
  Context context(SSL_CTX_new(TLS_server_method()));
  Need(kube::UseKeyPair(context.get(), pair).has_value(), "certificate");
  return context;
}

Context UpstreamContext(const kube::Config& upstream, const std::string& host) {
  Context context(SSL_CTX_new(TLS_client_method()));
  auto authorities = kube::ParseAuthorities(upstream.ca_pem);
  Need(authorities.has_value(), "upstream's authority");
  SSL_CTX_set_cert_store(context.get(), authorities->release());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  Need(kube::RequireName(context.get(), host).has_value(), "upstream's name");
  const bool known = !upstream.client_cert_pem.empty();
  Need(!known || kube::UseKeyPair(context.get(), {upstream.client_cert_pem, upstream.client_key_pem}).has_value(),
       "upstream's client certificate");
  return context;
}

std::string Answer(int code, std::string_view reason, std::string_view more = "") {
  const std::string body =
      fmt::format(R"({{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"{}","code":{}}})", reason, code);
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", code,
      reason, body.size(), more, body);
}

}  // namespace

struct FaultProxy::Impl {
  Impl(const kube::Config& to, const kube::KeyPair& certificate)
      : url(kube::ParseUrl(to.server).value()),
        as_sender(to.client_cert_pem.empty()),
        serving(ServingContext(certificate)),
        upstream(UpstreamContext(to, url.host)) {}

  void Listen(int socket);

  const kube::Url url;
  const bool as_sender;
  const Context serving;
  const Context upstream;
  std::string authority_pem;
  int listener = -1;
  int port = 0;

  std::mutex mutex;
  Faults faults;
  std::uint64_t injected = 0;
  bool conflict_next = false;
  std::set<std::string, std::less<>> listed;  ///< kinds that were listed since their last watch
  std::set<const TlsStream*> open;
  std::list<std::jthread> serving_threads;
  std::jthread accepting;

  void AcceptAll(const std::stop_token& stop);
  void Serve(const std::stop_token& stop, int socket);
  /// What a fault answers in the server's place.
  std::optional<std::string> Refusal(const HttpHead& head);
  void Relay(TlsStream& client, TlsStream& server, std::chrono::milliseconds lifetime);
  bool Open(const TlsStream& stream);
  void Close(const TlsStream& stream);
};

bool FaultProxy::Impl::Open(const TlsStream& stream) {
  const std::lock_guard lock(mutex);
  if (faults.down) {
    ++injected;
    return false;
  }
  open.insert(&stream);
  return true;
}

void FaultProxy::Impl::Close(const TlsStream& stream) {
  const std::lock_guard lock(mutex);
  open.erase(&stream);
}

std::optional<std::string> FaultProxy::Impl::Refusal(const HttpHead& head) {
  const std::lock_guard lock(mutex);
  if (faults.latency.count() > 0) ++injected;
  const bool watch = head.target.find("watch=true") != std::string::npos;
  const std::string kind = head.target.substr(0, head.target.find('?'));
  const auto refuse = [&](std::string answer) {
    ++injected;
    return answer;
  };
  if (!faults.token.empty() && head.Header("authorization") != "Bearer " + faults.token) {
    return refuse(Answer(401, "Unauthorized"));
  }
  if (faults.throttled > 0) {
    --faults.throttled;
    return refuse(Answer(429, "TooManyRequests", "Retry-After: 1\r\n"));
  }
  if (faults.status_conflicts && head.method == "PATCH" && kind.ends_with("/status")) {
    conflict_next = !conflict_next;
    if (conflict_next) return refuse(Answer(409, "Conflict"));
  }
  if (faults.forget_versions && watch && listed.erase(kind) == 0) return refuse(Answer(410, "Expired"));
  if (!watch && head.method == "GET") listed.insert(kind);
  return std::nullopt;
}

void FaultProxy::Impl::Serve(const std::stop_token& stop, int socket) {
  TlsStream client(serving.get(), socket);
  if (!Open(client)) return;
  if (const auto request = client.Accept() ? ReadRequest(client) : std::nullopt) {
    Faults now;
    {
      const std::lock_guard lock(mutex);
      now = faults;
    }
    if (now.latency.count() > 0) kube::WaitFor(stop, now.latency);
    if (const auto refusal = Refusal(request->head)) {
      client.Write(*refusal);
    } else if (const int connected = ConnectTo(url.port); connected >= 0) {
      TlsStream server(upstream.get(), connected);
      if (Open(server)) {
        const bool watch = request->head.target.find("watch=true") != std::string::npos;
        const auto lifetime = watch ? now.watch_lifetime : std::chrono::milliseconds{0};
        if (server.Connect() && server.Write(request->AsOnlyOne(as_sender))) Relay(client, server, lifetime);
        Close(server);
      }
    }
  }
  Close(client);
}

void FaultProxy::Impl::Relay(TlsStream& client, TlsStream& server, std::chrono::milliseconds lifetime) {
  const MonoTime end = SystemClock().Mono() + lifetime;
  const bool cut = lifetime.count() > 0;
  while (true) {
    if (!server.HasPending()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - SystemClock().Mono());
      pollfd sides[] = {{server.Socket(), POLLIN, 0}, {client.Socket(), POLLIN, 0}};
      const int ready = poll(sides, 2, cut ? std::max(0, static_cast<int>(left.count())) : -1);
      if (ready == 0) {
        const std::lock_guard lock(mutex);
        ++injected;
        return client.Shutdown();
      }
      if (sides[1].revents != 0) return;  // the client has nothing more to say but good-bye
    }
    const auto bytes = server.Read();
    if (!bytes || !client.Write(*bytes)) return;
  }
}

void FaultProxy::Impl::AcceptAll(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const int socket = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const std::lock_guard lock(mutex);
    serving_threads.emplace_back([this, socket](const std::stop_token& stopped) { Serve(stopped, socket); });
  }
}

void FaultProxy::Impl::Listen(int socket) {
  Need(socket >= 0, "cannot listen");
  listener = socket;
  port = PortOf(socket);
  accepting = std::jthread([this](const std::stop_token& stop) { AcceptAll(stop); });
}

FaultProxy::FaultProxy(const kube::Config& upstream) {
  const Authority authority = MakeAuthority("fault-proxy-ca");
  impl_ = std::make_unique<Impl>(upstream, Issue(authority, {"fault-proxy", "", {"IP:127.0.0.1"}}));
  impl_->authority_pem = authority.pair.cert_pem;
  impl_->Listen(ListenOn(0));
}

FaultProxy::FaultProxy(const kube::Config& upstream, const ProxyAddress& address)
    : impl_(std::make_unique<Impl>(upstream, address.certificate)) {
  impl_->Listen(ListenEverywhere(address.port));
}

FaultProxy::~FaultProxy() {
  impl_->accepting.request_stop();
  ::shutdown(impl_->listener, SHUT_RDWR);
  impl_->accepting.join();
  Set({.down = true});
  for (auto& each : impl_->serving_threads) each.request_stop();
  impl_->serving_threads.clear();
  close(impl_->listener);
}

kube::Config FaultProxy::Config() const {
  kube::Config config;
  config.server = fmt::format("https://127.0.0.1:{}", impl_->port);
  config.ca_pem = impl_->authority_pem;
  return config;
}

void FaultProxy::Set(Faults faults) {
  const std::lock_guard lock(impl_->mutex);
  impl_->faults = std::move(faults);
  if (!impl_->faults.down) return;
  for (const TlsStream* each : impl_->open) each->Shutdown();
}

std::uint64_t FaultProxy::Injected() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->injected;
}

}  // namespace dst_load::test_support
