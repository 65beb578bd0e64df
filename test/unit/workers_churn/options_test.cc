#include "workers/churn/options.h"

#include <catch2/catch.hpp>

namespace dst_load::workers::churn {
namespace {

using namespace std::chrono_literals;

ChurnFlags Oscillate() {
  ChurnFlags flags;
  flags.pattern = "oscillate";
  return flags;
}

/// Refused, with an error that begins with the flag's name.
void CheckRefused(const ChurnFlags& flags, const std::string& flag) {
  const auto options = ParseChurnOptions(flags);
  REQUIRE_FALSE(options);
  CHECK(options.error().code == Code::kInvalid);
  CHECK_THAT(options.error().message, Catch::StartsWith("--" + flag + ": "));
}

TEST_CASE("Without flags churn keeps ten services of a hundred endpoints each", "[churn][options]") {
  const auto options = ParseChurnOptions({});
  REQUIRE(options);
  CHECK(options->ns == "destination-test");
  CHECK(options->test_name == "destination-test");
  CHECK(options->plan.pattern == Pattern::kStable);
  CHECK(options->plan.services == 10);
  CHECK(options->plan.min_endpoints == 100);
  CHECK(options->plan.max_endpoints == 100);
  CHECK_FALSE(options->plan.duration);
  CHECK(options->cleanup == CleanupPolicy::kAlways);
  CHECK(options->metrics_port == 9090);
  CHECK(options->ServiceName(0) == "test-service-1");
  CHECK_FALSE(options->seeded);
  CHECK_FALSE(options->attach);
  CHECK_FALSE(options->listen);
}

TEST_CASE("Oscillate has the plan's defaults", "[churn][options]") {
  const auto options = ParseChurnOptions(Oscillate());
  REQUIRE(options);
  CHECK(options->plan.min_endpoints == 10);
  CHECK(options->plan.max_endpoints == 200);
  CHECK(options->plan.min_hold == 2min);
  CHECK(options->plan.max_hold == 5min);
  CHECK(options->plan.jitter == 5s);
  CHECK_FALSE(options->plan.cycles);
}

TEST_CASE("The destination's metrics page is read when it is named, every five seconds or as told",
          "[churn][options]") {
  CHECK_FALSE(ParseChurnOptions({})->scrape);
  ChurnFlags flags;
  flags.destination_metrics_url = "http://dest:9996/metrics";
  CHECK(ParseChurnOptions(flags)->scrape->interval == 5s);
  CHECK(ParseChurnOptions(flags)->scrape->Url() == "http://dest:9996/metrics");
  flags.destination_metrics_interval = "1s";
  CHECK(ParseChurnOptions(flags)->scrape->interval == 1s);
  flags.destination_metrics_interval = "0s";
  CheckRefused(flags, "destination-metrics-interval");
  flags.destination_metrics_url = "dest:9996";
  CheckRefused(flags, "destination-metrics-url");
  flags = {};
  flags.destination_metrics_interval = "1s";
  CheckRefused(flags, "destination-metrics-interval");
}

TEST_CASE("The default jitter gives way to a short hold", "[churn][options]") {
  ChurnFlags flags = Oscillate();
  flags.min_hold = "3s";
  const auto options = ParseChurnOptions(flags);
  REQUIRE(options);
  CHECK(options->plan.jitter == 3s);
}

TEST_CASE("Every flag is read", "[churn][options]") {
  ChurnFlags flags = Oscillate();
  flags.ns = "load";
  flags.services = "3";
  flags.min_endpoints = "0";
  flags.max_endpoints = "7";
  flags.min_hold = "2s";
  flags.max_hold = "1m30s";
  flags.jitter = "250ms";
  flags.cycles = "4";
  flags.duration = "1h";
  flags.seed = "18446744073709551615";
  flags.name_prefix = "svc";
  flags.metrics_port = "0";
  flags.cleanup = "OnSuccess";
  flags.test_name = "Oscillate_1";
  flags.owner = "oscillate/3f2c-11";
  flags.coordinator = "[::1]:9092";
  flags.coordinator_dir = "/run";
  flags.run_id = "r1";
  const auto options = ParseChurnOptions(flags);
  REQUIRE(options);
  CHECK(options->ns == "load");
  CHECK(options->plan.services == 3);
  CHECK(options->plan.min_endpoints == 0);
  CHECK(options->plan.max_endpoints == 7);
  CHECK(options->plan.min_hold == 2s);
  CHECK(options->plan.max_hold == 90s);
  CHECK(options->plan.jitter == 250ms);
  CHECK(options->plan.cycles == 4U);
  CHECK(options->plan.duration == Micros{1h});
  CHECK(options->plan.seed == 18446744073709551615ULL);
  CHECK(options->seeded);
  CHECK(options->ServiceName(2) == "svc-3");
  CHECK(options->metrics_port == 0);
  CHECK(options->cleanup == CleanupPolicy::kOnSuccess);
  CHECK(options->test_name == "Oscillate_1");
  CHECK(options->owner == OwnerReference{"oscillate", "3f2c-11"});
  REQUIRE(options->attach);
  CHECK(options->attach->address == "[::1]:9092");
  CHECK(options->attach->run_id == "r1");
}

TEST_CASE("A listening coordinator takes its address apart", "[churn][options]") {
  ChurnFlags flags;
  flags.coordinator_listen = ":9092";
  flags.coordinator_dir = "/run";
  flags.clients = "2";
  flags.streams = "1000";
  auto options = ParseChurnOptions(flags);
  REQUIRE(options);
  CHECK(options->listen->host == "0.0.0.0");
  CHECK(options->listen->port == 9092);
  CHECK(options->listen->clients == 2);
  CHECK(options->listen->streams == 1000);

  flags.coordinator_listen = "127.0.0.1:0";
  options = ParseChurnOptions(flags);
  REQUIRE(options);
  CHECK(options->listen->host == "127.0.0.1");
}

TEST_CASE("Every bad value is refused by the name of its flag", "[churn][options]") {
  struct Case {
    std::string flag;
    ChurnFlags::Text ChurnFlags::*field;
    std::string value;
    bool oscillate = false;
  };
  const std::vector<Case> cases = {
      {"services", &ChurnFlags::services, "0"},
      {"services", &ChurnFlags::services, "-1"},
      {"services", &ChurnFlags::services, "10x"},
      {"services", &ChurnFlags::services, ""},
      {"services", &ChurnFlags::services, "99999999999999999999"},
      {"endpoints-per-service", &ChurnFlags::endpoints_per_service, "-5"},
      {"endpoints-per-service", &ChurnFlags::endpoints_per_service, "5", true},
      {"pattern", &ChurnFlags::pattern, "spiral"},
      {"min-endpoints", &ChurnFlags::min_endpoints, "201", true},
      {"min-endpoints", &ChurnFlags::min_endpoints, "10"},
      {"max-endpoints", &ChurnFlags::max_endpoints, "0", true},
      {"max-endpoints", &ChurnFlags::max_endpoints, "10"},
      {"min-hold", &ChurnFlags::min_hold, "0s", true},
      {"min-hold", &ChurnFlags::min_hold, "2", true},
      {"max-hold", &ChurnFlags::max_hold, "-5m", true},
      {"max-hold", &ChurnFlags::max_hold, "5m"},
      {"jitter", &ChurnFlags::jitter, "3m", true},
      {"jitter", &ChurnFlags::jitter, "soon", true},
      {"jitter", &ChurnFlags::jitter, "1s"},
      {"cycles", &ChurnFlags::cycles, "0", true},
      {"cycles", &ChurnFlags::cycles, "-3", true},
      {"cycles", &ChurnFlags::cycles, "3"},
      {"duration", &ChurnFlags::duration, "0s"},
      {"duration", &ChurnFlags::duration, "10"},
      {"seed", &ChurnFlags::seed, "-1"},
      {"name-prefix", &ChurnFlags::name_prefix, "Upper"},
      {"name-prefix", &ChurnFlags::name_prefix, "1st"},
      {"name-prefix", &ChurnFlags::name_prefix, ""},
      {"name-prefix", &ChurnFlags::name_prefix, std::string(62, 'a')},
      {"namespace", &ChurnFlags::ns, "no/pe"},
      {"namespace", &ChurnFlags::ns, ""},
      {"test-name", &ChurnFlags::test_name, std::string(64, 'a')},
      {"test-name", &ChurnFlags::test_name, ""},
      {"metrics-port", &ChurnFlags::metrics_port, "65536"},
      {"cleanup", &ChurnFlags::cleanup, "always"},
      {"owner", &ChurnFlags::owner, "only-a-name"},
      {"owner", &ChurnFlags::owner, "/uid"},
      {"owner", &ChurnFlags::owner, "name/"},
      {"coordinator", &ChurnFlags::coordinator, "host"},
      {"coordinator", &ChurnFlags::coordinator, "host:0"},
      {"coordinator", &ChurnFlags::coordinator, ":9092"},
      {"coordinator-dir", &ChurnFlags::coordinator, "host:9092"},
      {"coordinator-listen", &ChurnFlags::coordinator_listen, "9092"},
      {"coordinator-dir", &ChurnFlags::coordinator_listen, ":9092"},
      {"clients", &ChurnFlags::clients, "2"},
      {"streams", &ChurnFlags::streams, "2"},
      {"report-dir", &ChurnFlags::report_dir, "out"},
      {"calibration-file", &ChurnFlags::calibration_file, "c.json"},
  };
  for (const Case& bad : cases) {
    ChurnFlags flags = bad.oscillate ? Oscillate() : ChurnFlags{};
    flags.*bad.field = bad.value;
    INFO("--" << bad.flag << "=" << bad.value << (bad.oscillate ? " with oscillate" : ""));
    CheckRefused(flags, bad.flag);
  }
}

TEST_CASE("A coordinator's flags come together or not at all", "[churn][options]") {
  ChurnFlags flags;
  flags.coordinator = "host:9092";
  flags.coordinator_dir = "/run";
  CheckRefused(flags, "run-id");
  flags.run_id = "r1";
  CHECK(ParseChurnOptions(flags));
  flags.coordinator_listen = ":9092";
  CheckRefused(flags, "coordinator-listen");

  ChurnFlags listen;
  listen.coordinator_listen = ":9092";
  listen.coordinator_dir = "/run";
  CheckRefused(listen, "clients");
  listen.clients = "0";
  listen.streams = "10";
  CheckRefused(listen, "clients");
}

}  // namespace
}  // namespace dst_load::workers::churn
