#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"

namespace prometheus {
class Registry;
}

namespace dst_load::kube {

/// rest_client_requests_total{code,method,host}, rest_client_request_retries_total{code,verb,host},
/// rest_client_request_duration_seconds{verb,host} and rest_client_rate_limiter_duration_seconds{verb,host}, as
/// client-go names them. Thread-safe. The registry must outlive it.
class ClientMetrics {
 public:
  explicit ClientMetrics(prometheus::Registry& registry);
  ~ClientMetrics();
  ClientMetrics(const ClientMetrics&) = delete;
  ClientMetrics& operator=(const ClientMetrics&) = delete;

  /// Makes the series of a host exist, at zero.
  void Expect(const std::string& host);
  /// One attempt's outcome; `status` 0 when there was no answer ("<error>").
  void CountRequest(const std::string& host, std::string_view method, int status, Micros took);
  void CountRetry(const std::string& host, std::string_view method, int status);
  void ObserveLimiter(const std::string& host, std::string_view method, Micros waited);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dst_load::kube
