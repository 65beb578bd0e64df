#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "base/time.h"
#include "kube/config.h"
#include "kube/retry.h"
#include "kube/tls.h"
#include "kube/url.h"

namespace dst_load::kube {

struct HttpRequest {
  std::string method;
  std::string path;  ///< with its query, already encoded
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct HttpResponse {
  int status = 0;
  std::string body;
  std::optional<Micros> retry_after;
};

/// Where connections lead: the address, whom to trust and what to present. Immutable, so that threads may share it.
class Endpoint {
 public:
  /// Errors: kInvalid for an unusable URL, authority or client certificate.
  static Result<Endpoint> Create(const Config& config);

  const Url& ServerUrl() const { return url_; }
  const std::string& ServerName() const { return server_name_; }
  /// Whom to trust, made anew for each connection: httplib adds to a store while others may be using it, and OpenSSL
  /// has no lock there. Null: the system's. Errors: none that Create has not met.
  Result<OpenSslPtr<X509_STORE>> Authorities() const;
  /// The client certificate to present now; empty for none.
  Result<KeyPair> CurrentKeyPair() const;

 private:
  Url url_;
  std::string server_name_;
  std::string ca_pem_;  ///< empty: the system's
  KeyPair key_pair_;
  std::function<Result<KeyPair>()> ask_key_pair_;
};

/// One connection to the API server, made when first needed and kept alive; one request at a time. Not thread-safe.
/// The endpoint and the clock must outlive it.
class Connection {
 public:
  /// `silence`: how long a read may bring nothing.
  static Result<std::unique_ptr<Connection>> Create(const Endpoint& endpoint, Micros silence, const Clock& clock);
  ~Connection();

  /// Sends and reads the whole answer, whatever its status, by `deadline`. A failed connection is of no further use.
  tl::expected<HttpResponse, Failure> Send(const HttpRequest& request, MonoTime deadline, const std::stop_token& stop);
  /// Sends, and hands a success's body over piece by piece until it ends or `on_chunk` returns false: ok, with an empty
  /// body. Any other status comes back whole, as Send's. Errors: kTimeout when nothing came for `silence`, kCancelled.
  tl::expected<HttpResponse, Failure> Stream(const HttpRequest& request, std::stop_token stop,
                                             const std::function<bool(std::string_view chunk)>& on_chunk);

 private:
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace dst_load::kube
