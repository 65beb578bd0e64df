#pragma once

#include <memory>
#include <optional>
#include <string>

#include <openssl/ssl.h>

namespace dst_load::test_support {

struct SslFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

/// One TLS connection with blocking calls. Another thread may Shutdown() it, which ends them.
class TlsStream {
 public:
  /// Takes the socket over.
  TlsStream(SSL_CTX* context, int socket);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  bool Accept() { return SSL_accept(ssl_.get()) == 1; }
  bool Connect() { return SSL_connect(ssl_.get()) == 1; }
  /// What there is, which may be nothing yet; nullopt when the peer is gone.
  std::optional<std::string> Read();
  bool Write(const std::string& bytes);
  int Socket() const { return socket_; }
  /// True when a Read would not wait, whatever poll() says of the socket.
  bool HasPending() const { return SSL_pending(ssl_.get()) > 0; }
  /// Breaks it, without TLS' good-bye.
  void Shutdown() const;

 private:
  const int socket_;
  std::unique_ptr<SSL, SslFree> ssl_;
};

/// A socket connected to, or listening on, 127.0.0.1; -1 when that fails. Port 0: a free one.
int ConnectTo(int port);
int ListenOn(int port);
/// The same on every address of this network namespace.
int ListenEverywhere(int port);
int PortOf(int socket);

}  // namespace dst_load::test_support
