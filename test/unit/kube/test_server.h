#pragma once

#include <memory>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <httplib.h>

#include "kube/tls.h"
#include "test/support/certificates.h"

namespace dst_load::kube {

/// An HTTP or HTTPS server of this process on 127.0.0.1. Add handlers to `http`, then Start.
class TestServer {
 public:
  TestServer() : http_(std::make_unique<httplib::Server>()), scheme_("http") {}
  /// With this certificate; one by `client_authority` is demanded of clients, where it is given.
  explicit TestServer(const KeyPair& pair, const std::string& client_authority = "")
      : http_(std::make_unique<httplib::SSLServer>([&](SSL_CTX& context) {
          if (!client_authority.empty()) {
            SSL_CTX_set_cert_store(&context, ParseAuthorities(client_authority).value().release());
            SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
          }
          return UseKeyPair(&context, pair).has_value();
        })),
        scheme_("https") {}
  ~TestServer() {
    http_->stop();
    if (thread_.joinable()) thread_.join();
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  httplib::Server& Http() { return *http_; }
  void Start() {
    http_->new_task_queue = [] { return new httplib::ThreadPool(4); };
    port_ = http_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { http_->listen_after_bind(); });
    while (!http_->is_running()) std::this_thread::yield();
  }
  int Port() const { return port_; }
  std::string Url() const { return fmt::format("{}://127.0.0.1:{}", scheme_, port_); }

 private:
  std::unique_ptr<httplib::Server> http_;
  const std::string scheme_;
  std::thread thread_;
  int port_ = 0;
};

}  // namespace dst_load::kube
