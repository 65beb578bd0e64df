#include "workers/config_file.h"

#include <fstream>

#include <catch2/catch.hpp>

namespace dst_load::workers {
namespace {

using Arguments = std::vector<std::string>;

TEST_CASE("A LoadTest stands for the flags of churn and of client", "[config]") {
  const std::string yaml = R"(
kind: LoadTest
metadata: {name: x, namespace: here}
spec:
  destination: {address: "dst:8086", contextNodes: 3}
  workload: {services: 4}
  churn: {pattern: oscillate, minEndpoints: 1, maxEndpoints: 5, minHold: 2m, cycles: 3}
  client: {replicas: 2, streamsPerService: 7}
  cleanup: Never
)";
  const auto churn = FlagsOfManifest(yaml, "churn");
  REQUIRE(churn);
  CHECK(*churn == std::vector<FlagValue>{{"--namespace", "here"},
                                         {"--services", "4"},
                                         {"--pattern", "oscillate"},
                                         {"--min-endpoints", "1"},
                                         {"--max-endpoints", "5"},
                                         {"--min-hold", "2m"},
                                         {"--cycles", "3"},
                                         {"--cleanup", "Never"}});
  const auto client = FlagsOfManifest(yaml, "client");
  REQUIRE(client);
  CHECK(*client == std::vector<FlagValue>{{"--services", "test-service-{1..4}.here.svc.cluster.local:8080"},
                                          {"--destination", "dst:8086"},
                                          {"--context-nodes", "3"},
                                          {"--streams-per-service", "7"}});
}

TEST_CASE("The command line wins over its config file", "[config]") {
  const auto arguments = ReplaceConfig({"p", "churn", "--config", "examples/oscillate.yaml", "--cycles=9", "-n", "ns"});
  REQUIRE(arguments);
  CHECK(std::count(arguments->begin(), arguments->end(), "--cycles=9") == 1);
  CHECK(std::count(arguments->begin(), arguments->end(), "--cycles=3") == 0);
  CHECK(std::count(arguments->begin(), arguments->end(), "--max-endpoints=200") == 1);
  CHECK(std::count(arguments->begin(), arguments->end(), "--config") == 0);
}

TEST_CASE("A command line without a config file stays as it is", "[config]") {
  const Arguments arguments{"p", "client", "--services=a:1"};
  CHECK(ReplaceConfig(arguments) == arguments);
  CHECK(ReplaceConfig({"p"}) == Arguments{"p"});
}

TEST_CASE("What is no LoadTest file is refused by name", "[config]") {
  const auto message = [](const Arguments& arguments) { return ReplaceConfig(arguments).error().message; };
  CHECK(message({"p", "churn", "--config"}) == "--config: needs a file");
  CHECK(message({"p", "churn", "--config=/no/such"}) == "--config: cannot read \"/no/such\"");
  CHECK(message({"p", "client", "-c", "charts/dst-load-operator/Chart.yaml"}) ==
        "--config: charts/dst-load-operator/Chart.yaml: kind: is not LoadTest");
  CHECK(FlagsOfManifest("kind: LoadTest\nspec: {churn: {cycles: [1]}}", "churn").error().message ==
        "spec.churn.cycles: must be a single value");
  CHECK_FALSE(FlagsOfManifest("{", "churn"));
}

}  // namespace
}  // namespace dst_load::workers
