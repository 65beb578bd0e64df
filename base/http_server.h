#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"

namespace dst_load {

/// A body and what it is.
struct HttpPage {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
};

/// Small GET-only server for /metrics, /healthz and /readyz. Its pages run on its own threads: they must be
/// thread-safe. Stops in the destructor. Add pages before Start. Not thread-safe otherwise.
class HttpServer {
 public:
  HttpServer();
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void Page(const std::string& path, std::function<HttpPage()> page);
  /// Listens on every address; port 0 takes a free one. Errors: kUnavailable when the port is taken.
  Status Start(std::uint16_t port);
  /// The port listened on; 0 before Start.
  std::uint16_t Port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The content type of Prometheus' text format, for /metrics.
inline constexpr const char* kPrometheusText = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace dst_load
