#include "workers/client/options.h"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

using namespace dst_load;
using namespace dst_load::workers;

namespace {

// What the flags make of a command line, or the text of the error.
Result<ClientOptions> Parse(std::vector<std::string> args) {
  CLI::App app;
  ClientFlags flags;
  AddClientFlags(app, flags);
  std::reverse(args.begin(), args.end());
  try {
    app.parse(args);
  } catch (const CLI::ParseError& error) {
    return Fail(Code::kInvalid, error.what());
  }
  return CheckClientFlags(flags, 8);
}

}  // namespace

TEST_CASE("Without flags the client has the plan's defaults", "[options]") {
  const auto options = Parse({});
  REQUIRE(options);
  CHECK(options->destination == "linkerd-destination.linkerd.svc.cluster.local:8086");
  REQUIRE(options->services.size() == 10);
  CHECK(options->services[9] == "test-service-10.destination-test.svc.cluster.local:8080");
  CHECK(options->streams_per_service == 10);
  CHECK(options->streams_per_connection == 100);
  CHECK(options->StreamCount() == 100);
  CHECK(options->threads == 2);
  CHECK(options->metrics_port == 9091);
  CHECK(options->convergence_deadline == std::chrono::seconds{60});
  CHECK_FALSE(options->stream_max_lifetime);
  CHECK(options->context_tokens == std::vector<std::string>{R"({"ns":"default","pod":"dst-load-client"})"});
}

TEST_CASE("Services repeat, come in lists and expand braces in order", "[options]") {
  const auto options = Parse({"--services=b-{1..2}.ns.svc.cluster.local:80,a.ns:1", "--services={x,y}.ns:2"});
  REQUIRE(options);
  CHECK(options->services == std::vector<std::string>{"b-1.ns.svc.cluster.local:80", "b-2.ns.svc.cluster.local:80",
                                                      "a.ns:1", "x.ns:2", "y.ns:2"});
}

TEST_CASE("Context nodes make as many tokens", "[options]") {
  const auto options = Parse({"--context-nodes=2", "--pod-name=p\"1", "--pod-namespace=load"});
  REQUIRE(options);
  CHECK(options->context_tokens ==
        std::vector<std::string>{R"({"ns":"load","nodeName":"dst-load-node-1","pod":"p\"1"})",
                                 R"({"ns":"load","nodeName":"dst-load-node-2","pod":"p\"1"})"});
  CHECK(Parse({"--node-name=n1"})->context_tokens.front() ==
        R"({"ns":"default","nodeName":"n1","pod":"dst-load-client"})");
}

TEST_CASE("A bad value is refused by the name of its flag", "[options]") {
  const auto [flag, argument] = GENERATE(table<std::string, std::string>({
      {"--destination", "--destination=nowhere"},
      {"--destination", "--destination=host:0"},
      {"--destination", "--destination=host:65536"},
      {"--destination", "--destination=:8086"},
      {"--services", "--services=a-{1..3"},
      {"--services", "--services=a-{3..1}.ns:1"},
      {"--services", "--services=noport"},
      {"--services", "--services=a.ns:1,a.ns:1"},
      {"--services", "--services=a.ns:1,,b.ns:1"},
      {"--streams-per-service", "--streams-per-service=0"},
      {"--streams-per-service", "--streams-per-service=-1"},
      {"--streams-per-service", "--streams-per-service=4000000000"},
      {"--streams-per-service", "--streams-per-service=many"},
      {"--streams-per-connection", "--streams-per-connection=0"},
      {"--ramp-up", "--ramp-up=-1s"},
      {"--ramp-up", "--ramp-up=soon"},
      {"--stream-max-lifetime", "--stream-max-lifetime=0s"},
      {"--stream-max-lifetime", "--stream-max-lifetime=5"},
      {"--stream-reset-interval", "--stream-reset-interval=0"},
      {"--duration", "--duration=0s"},
      {"--context-nodes", "--context-nodes=-3"},
      {"--threads", "--threads=1000"},
      {"--convergence-deadline", "--convergence-deadline=0s"},
      {"--metrics-port", "--metrics-port=70000"},
      {"--coordinator", "--coordinator=host"},
      {"--coordinator", "--coordinator=host:9092"},
      {"--coordinator-dir", "--coordinator-dir=somewhere"},
      {"--no-such-flag", "--no-such-flag=1"},
  }));
  const auto options = Parse({argument});
  INFO(argument);
  REQUIRE_FALSE(options);
  CHECK_THAT(options.error().message, Catch::Contains(flag));
}
