#include "test/support/tls_stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace dst_load::test_support {
namespace {

sockaddr_in AddressOf(in_addr_t host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

int Listen(in_addr_t host, int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const sockaddr_in address = AddressOf(host, port);
  if (bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 && listen(socket, 64) == 0) {
    return socket;
  }
  close(socket);
  return -1;
}

}  // namespace

TlsStream::TlsStream(SSL_CTX* context, int socket) : socket_(socket), ssl_(SSL_new(context)) {
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  // A session ticket is no data: Read returns then, for its caller to look at the clock.
  SSL_clear_mode(ssl_.get(), SSL_MODE_AUTO_RETRY);
  SSL_set_fd(ssl_.get(), socket_);
}

TlsStream::~TlsStream() {
  ssl_.reset();
  close(socket_);
  ERR_clear_error();
}

std::optional<std::string> TlsStream::Read() {
  std::array<char, 16384> buffer{};
  const int got = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
  if (got <= 0) {
    if (SSL_get_error(ssl_.get(), got) == SSL_ERROR_WANT_READ) return "";
    return std::nullopt;
  }
  return std::string(buffer.data(), static_cast<std::size_t>(got));
}

bool TlsStream::Write(const std::string& bytes) {
  return bytes.empty() || SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
}

void TlsStream::Shutdown() const { ::shutdown(socket_, SHUT_RDWR); }

int ConnectTo(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = AddressOf(INADDR_LOOPBACK, port);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return socket;
  close(socket);
  return -1;
}

int ListenOn(int port) { return Listen(INADDR_LOOPBACK, port); }
int ListenEverywhere(int port) { return Listen(INADDR_ANY, port); }

int PortOf(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return -1;
  return ntohs(address.sin_port);
}

}  // namespace dst_load::test_support
