#include "base/http_server.h"

#include <thread>

#include <fmt/format.h>
#include <httplib.h>

namespace dst_load {

struct HttpServer::Impl {
  httplib::Server server;
  std::thread thread;
  std::uint16_t port = 0;
};

HttpServer::HttpServer() : impl_(std::make_unique<Impl>()) {
  // Two are enough for a scraper and a probe; httplib's default is eight or more.
  impl_->server.new_task_queue = [] { return new httplib::ThreadPool(2); };
  impl_->server.set_keep_alive_timeout(1);
}

HttpServer::~HttpServer() {
  impl_->server.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

void HttpServer::Page(const std::string& path, std::function<HttpPage()> page) {
  impl_->server.Get(path, [page = std::move(page)](const httplib::Request&, httplib::Response& response) {
    HttpPage made = page();
    response.status = made.status;
    response.set_content(std::move(made.body), made.content_type.c_str());
  });
}

Status HttpServer::Start(std::uint16_t port) {
  // No SO_REUSEPORT: a second process on the port must fail, not share it.
  impl_->server.set_socket_options([](socket_t sock) {
    const int yes = 1;
    setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  const int bound = port == 0                                     ? impl_->server.bind_to_any_port("0.0.0.0")
                    : impl_->server.bind_to_port("0.0.0.0", port) ? port
                                                                  : -1;
  if (bound < 0)
    return Fail(Code::kUnavailable, fmt::format("listen on port {}: the port is taken or not permitted", port));
  impl_->port = static_cast<std::uint16_t>(bound);
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
  // stop() before the loop runs would be lost.
  while (!impl_->server.is_running()) std::this_thread::yield();
  return {};
}

std::uint16_t HttpServer::Port() const { return impl_->port; }

}  // namespace dst_load
