#include "kube/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace dst_load::kube {
namespace {

constexpr const char* kMethods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

const prometheus::Histogram::BucketBoundaries& Buckets() {
  static const prometheus::Histogram::BucketBoundaries buckets{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                               1,     2,    4,     8,    15,  30,   60};
  return buckets;
}

double Seconds(Micros span) { return std::chrono::duration<double>(span).count(); }

prometheus::Labels ByCode(const std::string& host, std::string_view method, int status) {
  return {{"code", status == 0 ? "<error>" : std::to_string(status)}, {"method", std::string(method)}, {"host", host}};
}

prometheus::Labels ByCodeAndVerb(const std::string& host, std::string_view method, int status) {
  return {{"code", status == 0 ? "<error>" : std::to_string(status)}, {"verb", std::string(method)}, {"host", host}};
}

prometheus::Labels ByVerb(const std::string& host, std::string_view method) {
  return {{"verb", std::string(method)}, {"host", host}};
}

}  // namespace

struct ClientMetrics::Impl {
  prometheus::Family<prometheus::Counter>& requests;
  prometheus::Family<prometheus::Counter>& retries;
  prometheus::Family<prometheus::Histogram>& durations;
  prometheus::Family<prometheus::Histogram>& limiter;
};

ClientMetrics::ClientMetrics(prometheus::Registry& registry)
    : impl_(new Impl{prometheus::BuildCounter()
                         .Name("rest_client_requests_total")
                         .Help("Requests to the Kubernetes API, by status code, method and host.")
                         .Register(registry),
                     prometheus::BuildCounter()
                         .Name("rest_client_request_retries_total")
                         .Help("Requests to the Kubernetes API sent again, by status code, verb and host.")
                         .Register(registry),
                     prometheus::BuildHistogram()
                         .Name("rest_client_request_duration_seconds")
                         .Help("Time to the answer of a request to the Kubernetes API, by verb and host.")
                         .Register(registry),
                     prometheus::BuildHistogram()
                         .Name("rest_client_rate_limiter_duration_seconds")
                         .Help("Time a request waited for the client's own rate limit, by verb and host.")
                         .Register(registry)}) {}

ClientMetrics::~ClientMetrics() = default;

void ClientMetrics::Expect(const std::string& host) {
  for (const char* method : kMethods) {
    impl_->requests.Add(ByCode(host, method, 200));
    impl_->retries.Add(ByCodeAndVerb(host, method, 503));
    impl_->durations.Add(ByVerb(host, method), Buckets());
    impl_->limiter.Add(ByVerb(host, method), Buckets());
  }
}

void ClientMetrics::CountRequest(const std::string& host, std::string_view method, int status, Micros took) {
  impl_->requests.Add(ByCode(host, method, status)).Increment();
  impl_->durations.Add(ByVerb(host, method), Buckets()).Observe(Seconds(took));
}

void ClientMetrics::CountRetry(const std::string& host, std::string_view method, int status) {
  impl_->retries.Add(ByCodeAndVerb(host, method, status)).Increment();
}

void ClientMetrics::ObserveLimiter(const std::string& host, std::string_view method, Micros waited) {
  impl_->limiter.Add(ByVerb(host, method), Buckets()).Observe(Seconds(waited));
}

}  // namespace dst_load::kube
