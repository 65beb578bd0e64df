#include "bed.h"

#include <cstdlib>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "kube/wait.h"
#include "operator/load_test.h"
#include "test/integration/crd/install.h"
#include "test/support/kube_apiserver.h"

namespace dst_load::op::bench {

int Setting(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

bool Await(const std::function<bool()>& wanted, Micros patience) {
  const MonoTime end = SystemClock().Mono() + patience;
  while (!wanted()) {
    if (SystemClock().Mono() > end) return false;
    kube::WaitFor({}, std::chrono::milliseconds{1});
  }
  return true;
}

std::unique_ptr<kube::Client> Admin(const std::string& ns) {
  kube::ClientOptions options;
  options.qps = 0;
  auto client = std::move(*kube::Client::Create(test_support::SharedApiServer().Admin(), options, SystemClock()));
  REQUIRE(test_support::InstallLoadTests(*client));
  REQUIRE(client->Create(kube::kNamespaces, "", {{"metadata", {{"name", ns}}}}));
  return client;
}

nlohmann::json LoadTestOf(const std::string& name, nlohmann::json spec) {
  return {{"apiVersion", kLoadTests.ApiVersion()},
          {"kind", kLoadTests.kind},
          {"metadata", {{"name", name}}},
          {"spec", std::move(spec)}};
}

double TestsIn(const OperatorProcess& process, const char* phase) {
  return SumOf(process.Metrics(), "dst_load_tests", fmt::format("phase=\"{}\"", phase));
}

double Passes(const std::string& page) { return SumOf(page, "controller_runtime_reconcile_total"); }

std::string QuietPage(const OperatorProcess& process) {
  std::string last = process.Metrics();
  REQUIRE(Await([&] {
    kube::WaitFor({}, std::chrono::seconds{1});
    std::string now = process.Metrics();
    const bool quiet = Passes(now) == Passes(last) && SumOf(now, "workqueue_depth") == 0;
    last = std::move(now);
    return quiet;
  }));
  return last;
}

void Table::Row(const std::string& what, const std::string& figure) {
  text_ += fmt::format("  {:<54}{:>18}\n", what, figure);
}

void Table::Requests(const std::string& when, const std::string& before, const std::string& after, double seconds) {
  for (const char* method : {"GET", "PUT", "PATCH", "POST", "DELETE"}) {
    const std::string label = fmt::format("method=\"{}\"", method);
    const double asked =
        SumOf(after, "rest_client_requests_total", label) - SumOf(before, "rest_client_requests_total", label);
    Row(fmt::format("{}: {} requests/s over {:.0f} s", when, method, seconds), fmt::format("{:.2f}", asked / seconds));
  }
}

void Table::Reconciles(const std::string& when, const std::string& before, const std::string& after) {
  for (const double q : {0.5, 0.99}) {
    const double most = QuantileBetween(before, after, "controller_runtime_reconcile_time_seconds", q);
    Row(fmt::format("{}: reconcile p{:.0f}, at most", when, q * 100), fmt::format("{:g} ms", most * 1e3));
  }
}

void Table::Resident(const std::string& when, const OperatorProcess& process) {
  Row(fmt::format("resident memory {}", when), fmt::format("{:.1f} MiB", double(process.ResidentKiB()) / 1024));
}

}  // namespace dst_load::op::bench
