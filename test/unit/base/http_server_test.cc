#include "base/http_server.h"

#include <httplib.h>
#include <catch2/catch.hpp>

namespace dst_load {
namespace {

TEST_CASE("A page is made anew for each request, with its status and type", "[http]") {
  HttpServer server;
  int asked = 0;
  server.Page("/metrics", [&] { return HttpPage{200, std::to_string(++asked), kPrometheusText}; });
  server.Page("/readyz", [] { return HttpPage{503, "not yet", "text/plain"}; });
  REQUIRE(server.Start(0));
  REQUIRE(server.Port() != 0);
  httplib::Client client("127.0.0.1", server.Port());
  CHECK(client.Get("/metrics")->body == "1");
  const auto second = client.Get("/metrics");
  CHECK(second->body == "2");
  CHECK(second->get_header_value("Content-Type") == kPrometheusText);
  CHECK(client.Get("/readyz")->status == 503);
  CHECK(client.Get("/absent")->status == 404);
}

TEST_CASE("A second server on a taken port is refused", "[http]") {
  HttpServer first;
  REQUIRE(first.Start(0));
  HttpServer second;
  const auto started = second.Start(first.Port());
  REQUIRE_FALSE(started);
  CHECK(started.error().code == Code::kUnavailable);
}

TEST_CASE("A server that never started or failed to stops cleanly", "[http]") {
  HttpServer server;
  server.Page("/", [] { return HttpPage{}; });
  CHECK(server.Port() == 0);
}

}  // namespace
}  // namespace dst_load
