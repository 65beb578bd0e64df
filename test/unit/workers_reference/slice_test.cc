#include "workers/reference/slice.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "workers/reference/service_path.h"

using namespace dst_load;
using namespace dst_load::workers::reference;

TEST_CASE("A slice yields its ready Pods, without those about to end", "[slice]") {
  const auto slice = ReadSlice(nlohmann::json::parse(R"({
    "metadata": {"name": "s-1", "namespace": "ns", "labels": {"kubernetes.io/service-name": "s"}},
    "addressType": "IPv4",
    "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
    "endpoints": [
      {"addresses": ["10.0.0.1"], "conditions": {"ready": true}, "targetRef": {"kind": "Pod", "name": "a"}},
      {"addresses": ["10.0.0.2"], "conditions": {}, "targetRef": {"kind": "Pod", "name": "b"}},
      {"addresses": ["10.0.0.3"], "conditions": {"ready": false}, "targetRef": {"kind": "Pod", "name": "c"}},
      {"addresses": ["10.0.0.4"], "conditions": {"ready": true, "terminating": true}},
      {"addresses": ["FD00:0::1"]},
      {"addresses": ["a.name.example"]}
    ]})"));
  REQUIRE(slice);
  CHECK(slice->ns == "ns");
  CHECK(slice->service == "s");
  CHECK(slice->ports == std::vector<std::uint16_t>{8080});
  CHECK(slice->ready == std::vector<Slice::Address>{{"10.0.0.1", "a"}, {"10.0.0.2", "b"}, {"fd00::1", ""}});
}

TEST_CASE("A slice may have null for endpoints and ports", "[slice]") {
  const auto slice = ReadSlice(nlohmann::json::parse(
      R"({"metadata": {"name": "s-1", "labels": {"kubernetes.io/service-name": "s"}}, "endpoints": null, "ports": null})"));
  REQUIRE(slice);
  CHECK(slice->ready.empty());
}

TEST_CASE("A slice of no service is refused", "[slice]") {
  const auto slice = ReadSlice(nlohmann::json::parse(R"({"metadata": {"name": "s-1", "namespace": "ns"}})"));
  REQUIRE_FALSE(slice);
  CHECK_THAT(slice.error().message, Catch::Contains("endpointslices/ns/s-1"));
}

TEST_CASE("A path is read as a service's port, and nothing else is", "[path]") {
  CHECK(ReadPath("web.shop.svc.cluster.local:8080", "cluster.local") == Target{"shop", "web", 8080});
  CHECK(ReadPath("web.shop.svc.cluster.local", "cluster.local") == Target{"shop", "web", 80});
  for (const char* path :
       {"", "10.0.0.1:80", "web", "web.svc.cluster.local:1", "web.shop.svc.other:80",
        "web.shop.svc.cluster.local:", "web.shop.svc.cluster.local:0", "web.shop.svc.cluster.local:65536",
        "web.shop.svc.cluster.local:80x", "a.web.shop.svc.cluster.local:80", "Web.shop.svc.cluster.local",
        ".shop.svc.cluster.local", "-w.shop.svc.cluster.local", "web.shop.svc.cluster.local:80:80"}) {
    INFO(path);
    CHECK_FALSE(ReadPath(path, "cluster.local"));
  }
}
