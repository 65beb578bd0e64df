#include "operator/options.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "test/support/temp_dir.h"

namespace dst_load::op {
namespace {

/// Parses a command line and keeps what it says on stderr.
struct Parsed {
  explicit Parsed(std::vector<const char*> args) {
    args.insert(args.begin(), "dst-load-operator");
    std::ostringstream said;
    auto* const before = std::cerr.rdbuf(said.rdbuf());
    command = ParseCommandLine(static_cast<int>(args.size()), args.data());
    std::cerr.rdbuf(before);
    error = said.str();
  }
  ParsedCommand command;
  std::string error;
};

std::vector<const char*> With(std::vector<const char*> more = {}) {
  std::vector<const char*> args{"--worker-image=w:1", "--namespace=own", "--coordinator-address=c.own.svc:9092"};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

TEST_CASE("The operator's defaults are those of the contract", "[options]") {
  const Parsed parsed(With());
  REQUIRE(parsed.command.run);
  const OperatorOptions& options = parsed.command.options;
  CHECK(options.controller.watch_namespace.empty());
  CHECK(options.controller.own_namespace == "own");
  CHECK(options.controller.children.worker_image == "w:1");
  CHECK(options.controller.children.pull_policy == "IfNotPresent");
  CHECK(options.controller.children.coordinator_address == "c.own.svc:9092");
  CHECK(options.controller.children.cluster_domain == "cluster.local");
  CHECK(options.controller.coordinator_port == 9092);
  CHECK(options.metrics_port == 8443);
  CHECK(options.probe_port == 8081);
  CHECK_FALSE(options.leader_elect);
  CHECK_FALSE(options.identity.empty());
}

TEST_CASE("Image, namespace and identity come from the Pod's environment", "[options]") {
  setenv("WORKER_IMAGE", "env:2", 1);
  setenv("POD_NAMESPACE", "env-ns", 1);
  setenv("POD_NAME", "operator-abc", 1);
  const Parsed parsed({"--coordinator-address=c:1", "--leader-elect"});
  unsetenv("WORKER_IMAGE");
  unsetenv("POD_NAMESPACE");
  unsetenv("POD_NAME");
  REQUIRE(parsed.command.run);
  CHECK(parsed.command.options.controller.children.worker_image == "env:2");
  CHECK(parsed.command.options.controller.own_namespace == "env-ns");
  CHECK(parsed.command.options.identity == "operator-abc");
  CHECK(parsed.command.options.leader_elect);
}

TEST_CASE("Bad usage is one line that names the flag, and status 2", "[options]") {
  const std::pair<std::vector<const char*>, const char*> cases[] = {
      {{"--namespace=own", "--coordinator-address=c:1"}, "--worker-image"},
      {{"--worker-image=w", "--coordinator-address=c:1"}, "--namespace"},
      {{"--worker-image=w", "--namespace=own"}, "--coordinator-address"},
      {{"--worker-image=w", "--namespace=own", "--coordinator-address=c"}, "--coordinator-address"},
      {{"--worker-image=w", "--namespace=own", "--coordinator-address=c:0"}, "--coordinator-address"},
      {With({"--coordinator-port=-1"}), "--coordinator-port"},
      {With({"--metrics-port=70000"}), "--metrics-port"},
      {With({"--probe-port=x"}), "--probe-port"},
      {With({"--workers=0"}), "--workers"},
      {With({"--worker-image-pull-policy=Sometimes"}), "--worker-image-pull-policy"},
      {With({"--log-level=loud"}), "--log-level"},
      {With({"--wat"}), "--wat"},
  };
  for (const auto& [args, flag] : cases) {
    const Parsed parsed(args);
    INFO(flag << ": " << parsed.error);
    CHECK_FALSE(parsed.command.run);
    CHECK(parsed.command.exit_status == 2);
    CHECK_THAT(parsed.error, Catch::Contains(flag));
    CHECK(std::count(parsed.error.begin(), parsed.error.end(), '\n') == 1);
  }
}

TEST_CASE("A calibration is a file with a JSON object, read at the start", "[options]") {
  const test_support::TempDir dir;
  const auto flag = [&](const char* name, const char* text) {
    std::ofstream(dir.Path(name)) << text;
    return "--calibration-file=" + dir.Path(name);
  };
  const std::string good = flag("good", "{\"schema\": \"x\", \"cells\": []}");
  CHECK(Parsed(With({good.c_str()})).command.options.controller.calibration == R"({"cells":[],"schema":"x"})");
  for (const std::string& bad : {flag("bad", "[1"), flag("list", "[]"), "--calibration-file=" + dir.Path("none")}) {
    const Parsed parsed(With({bad.c_str()}));
    CHECK_FALSE(parsed.command.run);
    CHECK(parsed.command.exit_status == 2);
    CHECK(parsed.error.find("--calibration-file") != std::string::npos);
  }
}

}  // namespace
}  // namespace dst_load::op
