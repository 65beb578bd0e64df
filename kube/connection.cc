#include "kube/connection.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <httplib.h>

#include "kube/hangup.h"

namespace dst_load::kube {
namespace {

constexpr Micros kConnectTimeout = std::chrono::seconds{10};
constexpr Micros kWriteTimeout = std::chrono::seconds{10};
constexpr std::size_t kLargestAnswer = 512U << 20U;

/// httplib's clients, with word of each socket as it opens.
template <class Base>
class Watched final : public Base {
 public:
  template <class... Args>
  explicit Watched(Hangup& hangup, Args&&... args) : Base(std::forward<Args>(args)...), hangup_(hangup) {
    this->set_socket_options([this](socket_t socket) { hangup_.Opening(socket); });
  }

 private:
  using Socket = httplib::ClientImpl::Socket;
  bool create_and_connect_socket(Socket& socket, httplib::Error& error) override {
    // NOLINTNEXTLINE(bugprone-parent-virtual-call): SSLClient's own is private, and adds a check that TlsClient makes.
    if (!httplib::ClientImpl::create_and_connect_socket(socket, error)) return false;
    hangup_.Opened();
    return true;
  }
  Hangup& hangup_;
};

std::optional<std::string> Resolve(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
  char text[NI_MAXHOST] = "";
  const int error = getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text), nullptr, 0, NI_NUMERICHOST);
  freeaddrinfo(found);
  if (error != 0) return std::nullopt;
  return text;
}

std::optional<Micros> RetryAfter(const httplib::Response& response) {
  const std::string text = response.get_header_value("Retry-After");
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || seconds < 0) return std::nullopt;
  return std::chrono::seconds{seconds};
}

/// The client for an https:// endpoint. httplib verifies chain and name after the handshake, its check of IP addresses
/// being lax; RequireName makes OpenSSL check the name strictly as part of the chain.
Result<std::unique_ptr<httplib::ClientImpl>> TlsClient(const Endpoint& endpoint, Hangup& hangup) {
  const Url& url = endpoint.ServerUrl();
  auto client = std::make_unique<Watched<httplib::SSLClient>>(hangup, endpoint.ServerName(), url.port);
  if (!client->is_valid()) return Fail(Code::kInternal, "tls: no context");
  if (endpoint.ServerName() != url.host) {
    const auto address = Resolve(url.host);
    if (!address) return Fail(Code::kUnavailable, fmt::format("{}: no such host", url.host));
    client->set_hostname_addr_map({{endpoint.ServerName(), *address}});
  }
  if (const auto named = RequireName(client->ssl_context(), endpoint.ServerName()); !named) return Fail(named.error());
  auto authorities = endpoint.Authorities();
  if (!authorities) return Fail(authorities.error());
  if (*authorities) {
    client->SSLClient::set_ca_cert_store(authorities->release());
    // With no path at all httplib would trust the system's authorities beside ours. This directory holds none.
    client->set_ca_cert_path("", "/dev/null");
  }
  const auto pair = endpoint.CurrentKeyPair();
  if (!pair) return Fail(pair.error());
  if (!pair->cert_pem.empty()) {
    if (const auto used = UseKeyPair(client->ssl_context(), *pair); !used) return Fail(used.error());
  }
  return client;
}

}  // namespace

Result<Endpoint> Endpoint::Create(const Config& config) {
  Endpoint made;
  auto url = ParseUrl(config.server);
  if (!url) return Fail(url.error());
  made.url_ = std::move(*url);
  made.server_name_ = config.tls_server_name.empty() ? made.url_.host : config.tls_server_name;
  made.key_pair_ = {config.client_cert_pem, config.client_key_pem};
  made.ask_key_pair_ = config.key_pair;
  made.ca_pem_ = config.ca_pem;
  if (const auto authorities = made.Authorities(); !authorities) return Fail(authorities.error());
  return made;
}

Result<OpenSslPtr<X509_STORE>> Endpoint::Authorities() const {
  if (ca_pem_.empty()) return OpenSslPtr<X509_STORE>{};
  return ParseAuthorities(ca_pem_);
}

Result<KeyPair> Endpoint::CurrentKeyPair() const { return ask_key_pair_ ? ask_key_pair_() : key_pair_; }

struct Connection::Impl {
  Impl(const Endpoint& to, Micros silence, const Clock& with) : endpoint(to), silence(silence), clock(with) {}

  const Endpoint& endpoint;
  const Micros silence;
  const Clock& clock;
  Hangup hangup;
  std::unique_ptr<httplib::ClientImpl> http;  ///< after hangup, which it uses

  /// What a failed httplib call was, in our terms.
  Failure Explain(httplib::Error error, MonoTime last_byte, const std::stop_token& stop) const;
  std::string VerificationError() const;
};

std::string Connection::Impl::VerificationError() const {
  const auto* tls = dynamic_cast<const httplib::SSLClient*>(http.get());
  const long result = tls == nullptr ? X509_V_OK : tls->get_openssl_verify_result();
  if (result == X509_V_OK) return fmt::format("it is not for {}", endpoint.ServerName());
  return X509_verify_cert_error_string(result);
}

Failure Connection::Impl::Explain(httplib::Error error, MonoTime last_byte, const std::stop_token& stop) const {
  const std::string where = endpoint.ServerUrl().Authority();
  if (stop.stop_requested()) return {{Code::kCancelled, "cancelled"}, true, {}};
  switch (error) {
    case httplib::Error::Connection:
    case httplib::Error::BindIPAddress:
      return {{Code::kUnavailable, fmt::format("cannot connect to {}", where)}, false, {}};
    case httplib::Error::ConnectionTimeout:
      return {{Code::kUnavailable, fmt::format("no connection to {} in time", where)}, false, {}};
    case httplib::Error::SSLConnection:
      return {{Code::kUnavailable, fmt::format("the TLS handshake with {} failed", where)}, false, {}};
    case httplib::Error::SSLLoadingCerts:
      return {{Code::kInvalid, "the trusted authorities cannot be loaded"}, false, {}};
    case httplib::Error::SSLServerVerification:
      return {{Code::kInvalid, fmt::format("the certificate of {} is not trusted: {}", where, VerificationError())},
              false,
              {}};
    default:
      break;
  }
  if (clock.Mono() - last_byte >= silence) {
    return {{Code::kTimeout, fmt::format("{} sent nothing for {}s", where, silence.count() / 1'000'000)}, true, {}};
  }
  return {{Code::kUnavailable, fmt::format("the connection to {} broke", where)}, true, {}};
}

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() = default;

Result<std::unique_ptr<Connection>> Connection::Create(const Endpoint& endpoint, Micros silence, const Clock& clock) {
  auto impl = std::make_unique<Impl>(endpoint, silence, clock);
  if (endpoint.ServerUrl().tls) {
    auto client = TlsClient(endpoint, impl->hangup);
    if (!client) return Fail(client.error());
    impl->http = std::move(*client);
  } else {
    impl->http = std::make_unique<Watched<httplib::ClientImpl>>(impl->hangup, endpoint.ServerUrl().host,
                                                                endpoint.ServerUrl().port);
  }
  impl->http->set_keep_alive(true);
  impl->http->set_tcp_nodelay(true);
  impl->http->set_url_encode(false);
  impl->http->set_connection_timeout(std::min(silence, kConnectTimeout));
  impl->http->set_write_timeout(std::min(silence, kWriteTimeout));
  impl->http->set_read_timeout(silence);
  return std::unique_ptr<Connection>(new Connection(std::move(impl)));
}

namespace {

httplib::Request Prepare(const HttpRequest& request, const Url& url) {
  httplib::Request made;
  made.method = request.method;
  made.path = url.prefix + request.path;
  made.body = request.body;
  for (const auto& [name, value] : request.headers) made.headers.emplace(name, value);
  made.headers.emplace("Host", url.Authority());
  return made;
}

}  // namespace

tl::expected<HttpResponse, Failure> Connection::Send(const HttpRequest& request, MonoTime deadline,
                                                     const std::stop_token& stop) {
  HttpResponse answer;
  bool late = false;
  MonoTime last_byte = impl_->clock.Mono();
  httplib::Request sent = Prepare(request, impl_->endpoint.ServerUrl());
  sent.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    answer.body.append(data, size);
    last_byte = impl_->clock.Mono();
    late = last_byte > deadline;
    return !late && answer.body.size() <= kLargestAnswer;
  };
  httplib::Response received;
  auto error = httplib::Error::Success;
  const std::stop_callback cut(stop, [this] { impl_->hangup.Cut(); });
  if (!stop.stop_requested() && impl_->http->send(sent, received, error)) {
    answer.status = received.status;
    answer.retry_after = RetryAfter(received);
    return answer;
  }
  if (late) return tl::unexpected(Failure{{Code::kTimeout, "the answer was not complete in time"}, true, {}});
  return tl::unexpected(impl_->Explain(error, last_byte, stop));
}

tl::expected<HttpResponse, Failure> Connection::Stream(const HttpRequest& request, std::stop_token stop,
                                                       const std::function<bool(std::string_view chunk)>& on_chunk) {
  HttpResponse answer;
  bool enough = false;
  MonoTime last_byte = impl_->clock.Mono();
  httplib::Request sent = Prepare(request, impl_->endpoint.ServerUrl());
  sent.response_handler = [&](const httplib::Response& head) {
    answer.status = head.status;
    answer.retry_after = RetryAfter(head);
    last_byte = impl_->clock.Mono();
    return !stop.stop_requested();
  };
  sent.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    last_byte = impl_->clock.Mono();
    if (stop.stop_requested()) return false;
    if (answer.status != 200) {
      answer.body.append(data, size);
      return answer.body.size() <= kLargestAnswer;
    }
    enough = !on_chunk({data, size});
    return !enough;
  };
  httplib::Response received;
  auto error = httplib::Error::Success;
  const std::stop_callback cut(stop, [this] { impl_->hangup.Cut(); });
  if (!stop.stop_requested() && impl_->http->send(sent, received, error)) return answer;
  if (enough) return answer;
  return tl::unexpected(impl_->Explain(error, last_byte, stop));
}

}  // namespace dst_load::kube
