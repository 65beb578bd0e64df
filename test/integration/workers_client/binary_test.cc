// The binary as a user runs it.
#include <signal.h>

#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/http_server.h"
#include "client_fixture.h"
#include "controller.h"
#include "test/support/subprocess.h"
#include "test/support/temp_dir.h"

using namespace dst_load;
using namespace dst_load::workers;
using namespace dst_load::workers::test;
using namespace std::chrono_literals;

TEST_CASE("SIGTERM ends the client with one JSON object and 0", "[binary]") {
  FakeDestination destination;
  destination.Add(kServiceA, {{0x0A000001, 8080, "pod-1"}});
  const int port = test_support::FreePort();
  Controller client({"client", "--destination=" + destination.Address(), "--services={a,b}.ns.svc.cluster.local:8080",
                     "--streams-per-service=3", "--streams-per-connection=2",
                     "--metrics-port=" + std::to_string(port)});
  REQUIRE(Await([&] {
    const auto page = Page(port, "/metrics");
    return page.find("destination_client_updates_received_total{service=\"" + kServiceA + "\"} 3") != std::string::npos;
  }));
  CHECK_THAT(Page(port, "/metrics"), Catch::Contains("destination_client_streams_active 6"));
  CHECK(Page(port, "/healthz") == "ok\n");
  CHECK(Page(port, "/readyz") == "ok\n");
  CHECK(destination.Peers() == 3);
  client.Signal(SIGTERM);
  REQUIRE(client.Ended() == 0);
  const auto results = nlohmann::json::parse(client.Out());
  CHECK(results["streams"]["created"] == 6);
  CHECK(results["updatesReceived"] == 3);
  CHECK(results["services"][kServiceA]["messages"] == 3);
  CHECK(results["total"]["firstUpdate"]["count"] == 3);
  // Every line of the log is JSON as well.
  std::istringstream lines(client.Err());
  for (std::string line; std::getline(lines, line);) CHECK(nlohmann::json::accept(line));
}

TEST_CASE("SIGTERM ends a client that reaches neither destination nor coordinator", "[binary]") {
  test_support::TempDir dir;
  dir.Write("token", "secret");
  dir.Write("ca.crt", "-----BEGIN CERTIFICATE-----\n");
  Controller client({"client", "--destination=127.0.0.1:1", "--metrics-port=0", "--coordinator=127.0.0.1:1",
                     "--coordinator-dir=" + dir.Path(""), "--run-id=run-1"});
  REQUIRE(Await([&] { return client.Err().find("trouble") != std::string::npos; }));
  client.Signal(SIGTERM);
  CHECK(client.Ended() == 0);
  CHECK(nlohmann::json::parse(client.Out())["streams"]["created"] == 0);
}

TEST_CASE("Bad usage is one clear error on stderr and 2", "[binary]") {
  const auto [named, args] = GENERATE(table<std::string, std::vector<std::string>>({
      {"--services", {"client", "--services=x"}},
      {"--ramp-up", {"client", "--ramp-up=soon"}},
      {"--bogus", {"client", "--bogus"}},
      {"--coordinator-dir", {"client", "--coordinator=h:1", "--coordinator-dir=/nowhere", "--run-id=r"}},
      {"--log-level", {"client", "--log-level=loud"}},
      {"--listen", {"reference", "--listen=x"}},
      {"--fault", {"reference", "--fault=drop-add", "--fault=gremlins:5"}},
      {"--fault", {"reference", "--fault=drop-add:101"}},
      {"--fault-delay", {"reference", "--fault-delay=soon"}},
      {"subcommand", {}},
  }));
  Controller controller(args);
  REQUIRE(controller.Ended() == 2);
  CHECK(controller.Out().empty());
  CHECK_THAT(controller.Err(), Catch::Contains(named));
}

TEST_CASE("Help is complete and no error", "[binary]") {
  for (const std::string command : {"churn", "client", "reference"}) {
    Controller controller({command, "--help"});
    REQUIRE(controller.Ended() == 0);
    CHECK_THAT(controller.Out(), Catch::Contains("--log-level") && Catch::Contains("--metrics-port"));
  }
}

TEST_CASE("A metrics port that is taken fails the client", "[binary]") {
  HttpServer taken;
  REQUIRE(taken.Start(0));
  Controller client({"client", "--metrics-port=" + std::to_string(taken.Port())});
  CHECK(client.Ended() == 1);
  CHECK_THAT(client.Err(), Catch::Contains("cannot serve metrics"));
}
