#include "operator/options.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/random.h"

namespace dst_load::op {
namespace {

constexpr int kBadUsage = 2;

/// Flags that are numbers are read as text first, so that every refusal names its flag in the same way.
struct Flags {
  std::string coordinator_port = "9092";
  std::string metrics_port = "8443";
  std::string probe_port = "8081";
  std::string workers = "2";
  std::string pod_name;
  std::string calibration_file;
};

void AddFlags(CLI::App& app, OperatorOptions& options, Flags& flags) {
  ControllerOptions& controller = options.controller;
  ChildOptions& children = controller.children;
  app.add_option("--watch-namespace", controller.watch_namespace, "Namespace of the LoadTests; empty: all of them");
  app.add_option("--namespace", controller.own_namespace, "The operator's own namespace: its lease and its authority")
      ->envname("POD_NAMESPACE");
  app.add_option("--worker-image", children.worker_image, "Image that holds dst-load-controller")
      ->envname("WORKER_IMAGE");
  app.add_option("--worker-image-pull-policy", children.pull_policy, "Always, IfNotPresent or Never")
      ->capture_default_str();
  app.add_option("--coordinator-address", children.coordinator_address,
                 "HOST:PORT on which worker Pods reach this operator");
  app.add_option("--coordinator-port", flags.coordinator_port, "Port on which workers attach")->capture_default_str();
  app.add_option("--metrics-port", flags.metrics_port, "Port of /metrics (HTTP)")->capture_default_str();
  app.add_option("--probe-port", flags.probe_port, "Port of /healthz and /readyz (HTTP)")->capture_default_str();
  app.add_option("--workers", flags.workers, "LoadTests that are reconciled at one time")->capture_default_str();
  app.add_flag("--leader-elect", options.leader_elect, "Work only while holding the lease dst-load-operator");
  app.add_option("--cluster-domain", children.cluster_domain, "The cluster's DNS domain")->capture_default_str();
  app.add_option(
      "--calibration-file", flags.calibration_file,
      "What `dst-load-controller calibrate --json` printed on machines like the clients': put into every report");
  app.add_option("--kubeconfig", options.kubeconfig, "Default: $KUBECONFIG, then in-cluster, then ~/.kube/config");
  app.add_option("--context", options.context, "Context of the kubeconfig");
  app.add_option("--log-level", options.log_level, "debug, info, warn or error")
      ->envname("DST_LOAD_LOG")
      ->capture_default_str();
  app.add_option("--pod-name", flags.pod_name, "Identity of this process in the lease and in events")
      ->envname("POD_NAME");
}

Result<long> Number(const std::string& flag, const std::string& text, long least, long most) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    return Fail(Code::kInvalid, fmt::format("{}: \"{}\" is not a number from {} to {}", flag, text, least, most));
  }
  return value;
}

Status ReadPort(const std::string& flag, const std::string& text, std::uint16_t& out) {
  const auto port = Number(flag, text, 0, 65535);
  if (!port) return Fail(port.error());
  out = static_cast<std::uint16_t>(*port);
  return {};
}

Status CheckAddress(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return Fail(Code::kInvalid, fmt::format("--coordinator-address: \"{}\" is not HOST:PORT", address));
  }
  const auto port = Number("--coordinator-address", address.substr(colon + 1), 1, 65535);
  if (!port) return Fail(port.error());
  return {};
}

std::string DefaultIdentity() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) return RandomHex(8);
  return fmt::format("{}_{}", host.data(), RandomHex(4));
}

Result<std::string> ReadCalibration(const std::string& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return Fail(Code::kInvalid, fmt::format("--calibration-file: cannot read {}", path));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return Fail(Code::kInvalid, fmt::format("--calibration-file: {} is no JSON object", path));
  return json.dump();
}

Status Check(OperatorOptions& options, const Flags& flags) {
  ControllerOptions& controller = options.controller;
  if (auto ok = log::SetLevel(options.log_level); !ok)
    return Fail(Code::kInvalid, "--log-level: " + ok.error().message);
  if (controller.children.worker_image.empty()) return Fail(Code::kInvalid, "--worker-image: is needed");
  if (controller.own_namespace.empty()) return Fail(Code::kInvalid, "--namespace: is needed");
  const std::string& policy = controller.children.pull_policy;
  if (policy != "Always" && policy != "IfNotPresent" && policy != "Never") {
    return Fail(Code::kInvalid,
                fmt::format("--worker-image-pull-policy: \"{}\" is none of Always, IfNotPresent, Never", policy));
  }
  if (auto ok = CheckAddress(controller.children.coordinator_address); !ok) return ok;
  if (auto ok = ReadPort("--coordinator-port", flags.coordinator_port, controller.coordinator_port); !ok) return ok;
  if (auto ok = ReadPort("--metrics-port", flags.metrics_port, options.metrics_port); !ok) return ok;
  if (auto ok = ReadPort("--probe-port", flags.probe_port, options.probe_port); !ok) return ok;
  const auto workers = Number("--workers", flags.workers, 1, 64);
  if (!workers) return Fail(workers.error());
  controller.workers = static_cast<int>(*workers);
  if (!flags.calibration_file.empty()) {
    auto calibration = ReadCalibration(flags.calibration_file);
    if (!calibration) return Fail(calibration.error());
    controller.calibration = std::move(*calibration);
  }
  options.identity = flags.pod_name.empty() ? DefaultIdentity() : flags.pod_name;
  return {};
}

ParsedCommand Refuse(const std::string& message) {
  std::cerr << "dst-load-operator: " << message << "\n";
  return {{}, false, kBadUsage};
}

}  // namespace

ParsedCommand ParseCommandLine(int argc, const char* const* argv) {
  CLI::App app{"Runs LoadTests: makes their workers, gathers their numbers, and writes the verdict",
               "dst-load-operator"};
  app.set_version_flag("--version", DST_LOAD_VERSION);
  ParsedCommand parsed;
  Flags flags;
  AddFlags(app, parsed.options, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return {{}, false, app.exit(error)};
    return Refuse(error.what());
  }
  if (auto ok = Check(parsed.options, flags); !ok) return Refuse(ok.error().message);
  return parsed;
}

}  // namespace dst_load::op
