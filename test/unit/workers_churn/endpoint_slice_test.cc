#include "workers/churn/endpoint_slice.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace dst_load::workers::churn {
namespace {

using measure::Endpoint;
using nlohmann::json;

json Slice(const std::string& endpoints, const std::string& ports = R"([{"name":"http","port":8080}])") {
  return json::parse(R"({"metadata":{"name":"a-1-xyz","labels":{"kubernetes.io/service-name":"a-1"}},
    "addressType":"IPv4","ports":)" +
                     ports + R"(,"endpoints":)" + endpoints + "}");
}

TEST_CASE("Only ready endpoints that do not end count", "[churn][slice]") {
  const auto view = ReadSlice(Slice(R"([
    {"addresses":["10.0.0.1"],"conditions":{"ready":true,"serving":true,"terminating":false},"targetRef":{"kind":"Pod","name":"p1"}},
    {"addresses":["10.0.0.2"],"conditions":{},"targetRef":{"kind":"Pod","name":"p2"}},
    {"addresses":["10.0.0.3"],"targetRef":{"kind":"Pod","name":"p3"}},
    {"addresses":["10.0.0.4"],"conditions":{"ready":false},"targetRef":{"kind":"Pod","name":"p4"}},
    {"addresses":["10.0.0.5"],"conditions":{"ready":true,"terminating":true},"targetRef":{"kind":"Pod","name":"p5"}},
    {"addresses":["10.0.0.6"],"targetRef":{"kind":"Node","name":"n1"}}])"),
                              8080);
  REQUIRE(view);
  CHECK(view->name == "a-1-xyz");
  CHECK(view->service == "a-1");
  CHECK(view->ready ==
        std::set<Endpoint>{
            {"10.0.0.1", 8080, "p1"}, {"10.0.0.2", 8080, "p2"}, {"10.0.0.3", 8080, "p3"}, {"10.0.0.6", 8080, ""}});
}

TEST_CASE("Addresses become canonical, and what is no address is left out", "[churn][slice]") {
  const auto view = ReadSlice(Slice(R"([{"addresses":["FD00:0:0::1"]},{"addresses":["example.com"]}])"), 8080);
  REQUIRE(view);
  CHECK(view->ready == std::set<Endpoint>{{"fd00::1", 8080, ""}});
}

TEST_CASE("The port is the one named http, or the Service's own when it has no name", "[churn][slice]") {
  const std::string endpoints = R"([{"addresses":["10.0.0.1"]}])";
  const auto port = [&](const std::string& ports) {
    const auto view = ReadSlice(Slice(endpoints, ports), 8080);
    REQUIRE(view);
    return view->ready.empty() ? 0 : view->ready.begin()->port;
  };
  CHECK(port(R"([{"name":"admin","port":1},{"name":"http","port":18080}])") == 18080);
  CHECK(port(R"([{"port":8080}])") == 8080);
  CHECK(port(R"([{"name":"","port":9090}])") == 0);
  CHECK(port(R"([{"name":"http"}])") == 0);
  CHECK(port("null") == 0);
  CHECK(port("[]") == 0);
}

TEST_CASE("Without endpoints a slice is empty; without a Service it is refused", "[churn][slice]") {
  const auto empty = ReadSlice(Slice("null"), 8080);
  REQUIRE(empty);
  CHECK(empty->ready.empty());
  json orphan = Slice("[]");
  orphan["metadata"].erase("labels");
  CHECK_FALSE(ReadSlice(orphan, 8080));
}

}  // namespace
}  // namespace dst_load::workers::churn
