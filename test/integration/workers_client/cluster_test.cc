// The reference destination as a process, on a real kube-apiserver, watched by the client.
#include <signal.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "client_fixture.h"
#include "controller.h"
#include "kube/client.h"
#include "test/support/kube_apiserver.h"
#include "test/support/subprocess.h"

using namespace dst_load;
using namespace dst_load::workers;
using namespace dst_load::workers::test;
using nlohmann::json;

namespace {

json SliceObject(const std::string& name, const std::string& service, const std::vector<std::string>& addresses) {
  json slice{{"apiVersion", "discovery.k8s.io/v1"},
             {"kind", "EndpointSlice"},
             {"metadata", {{"name", name}, {"labels", {{"kubernetes.io/service-name", service}}}}},
             {"addressType", "IPv4"},
             {"ports", {{{"name", "http"}, {"port", 8080}, {"protocol", "TCP"}}}},
             {"endpoints", json::array()}};
  for (const auto& address : addresses) {
    slice["endpoints"].push_back({{"addresses", {address}}, {"conditions", {{"ready", true}}}});
  }
  return slice;
}

}  // namespace

TEST_CASE("The reference process tells the client what happens to a cluster's EndpointSlices", "[cluster]") {
  const auto api = test_support::KubeApiServer::Start();
  REQUIRE(api);
  const auto kube = kube::Client::Create((*api)->Admin(), {}, SystemClock()).value();
  REQUIRE(kube->Apply(kube::kEndpointSlices, "default", SliceObject("a-1", "a", {"10.0.0.1", "10.0.0.2"}), "test"));

  const int port = test_support::FreePort(), metrics_port = test_support::FreePort();
  Controller reference({"reference", "--kubeconfig=" + (*api)->KubeconfigPath(),
                        "--listen=127.0.0.1:" + std::to_string(port),
                        "--metrics-port=" + std::to_string(metrics_port)});
  REQUIRE(Await([&] { return Page(metrics_port, "/readyz") == "ok\n"; }));
  auto options = SmallOptions("127.0.0.1:" + std::to_string(port));
  options.services = {"a.default.svc.cluster.local:8080", "b.default.svc.cluster.local:8080"};
  RunningClient client(options);
  REQUIRE(Await([&] { return client.Latest()->updates.at(0) == 4; }));

  REQUIRE(kube->Apply(kube::kEndpointSlices, "default", SliceObject("a-1", "a", {"10.0.0.2"}), "test"));
  REQUIRE(kube->Apply(kube::kEndpointSlices, "default", SliceObject("b-1", "b", {"10.0.1.1"}), "test"));
  REQUIRE(Await([&] { return client.Latest()->updates == std::vector<std::uint64_t>{6, 2}; }));
  REQUIRE(kube->Delete(kube::kEndpointSlices, "default", "b-1"));
  REQUIRE(Await([&] { return client.Latest()->updates.at(1) == 4; }));
  CHECK_THAT(Page(metrics_port, "/metrics"), Catch::Contains("reference_streams_active 4\n") &&
                                                 Catch::Contains("reference_updates_sent_total 8\n") &&
                                                 Catch::Contains("process_resident_memory_bytes"));

  reference.Signal(SIGTERM);
  CHECK(reference.Ended() == 0);
  const auto results = json::parse(reference.Out());
  CHECK(results["streams"] == 4);
  CHECK(results["faults"]["drop-add"] == 0);
}
