#include "workers/config_file.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace dst_load::workers {
namespace {

struct FieldFlag {
  const char* section;  ///< of spec; "" for spec itself
  const char* field;
  const char* flag;
};

constexpr FieldFlag kChurn[] = {
    {"workload", "services", "--services"},
    {"workload", "namePrefix", "--name-prefix"},
    {"churn", "pattern", "--pattern"},
    {"churn", "minEndpoints", "--min-endpoints"},
    {"churn", "maxEndpoints", "--max-endpoints"},
    {"churn", "endpointsPerService", "--endpoints-per-service"},
    {"churn", "minHold", "--min-hold"},
    {"churn", "maxHold", "--max-hold"},
    {"churn", "jitter", "--jitter"},
    {"churn", "cycles", "--cycles"},
    {"churn", "duration", "--duration"},
    {"churn", "seed", "--seed"},
    {"destination", "metricsURL", "--destination-metrics-url"},
    {"", "cleanup", "--cleanup"},
};
constexpr FieldFlag kClient[] = {
    {"destination", "address", "--destination"},
    {"destination", "contextNodes", "--context-nodes"},
    {"client", "streamsPerService", "--streams-per-service"},
    {"client", "streamsPerConnection", "--streams-per-connection"},
    {"client", "rampUp", "--ramp-up"},
    {"client", "streamMaxLifetime", "--stream-max-lifetime"},
    {"client", "streamResetInterval", "--stream-reset-interval"},
    {"", "convergenceDeadline", "--convergence-deadline"},
};

/// A scalar's text; nullopt when absent. Errors: kInvalid when it is no scalar.
Result<std::optional<std::string>> Scalar(const YAML::Node& parent, const char* field, std::string_view path) {
  if (!parent || !parent.IsMap()) return std::nullopt;
  const YAML::Node node = parent[field];
  if (!node || node.IsNull()) return std::nullopt;
  if (!node.IsScalar()) return Fail(Code::kInvalid, fmt::format("{}.{}: must be a single value", path, field));
  return node.Scalar();
}

Status Collect(const YAML::Node& spec, const FieldFlag& entry, std::vector<FlagValue>& flags) {
  const std::string_view section = entry.section;
  const YAML::Node parent = section.empty() ? spec : spec[entry.section];
  const auto value = Scalar(parent, entry.field, section.empty() ? "spec" : fmt::format("spec.{}", section));
  if (!value) return Fail(value.error());
  if (*value) flags.emplace_back(entry.flag, **value);
  return {};
}

Status CollectServices(const YAML::Node& manifest, std::vector<FlagValue>& flags) {
  const auto count = Scalar(manifest["spec"]["workload"], "services", "spec.workload");
  const auto prefix = Scalar(manifest["spec"]["workload"], "namePrefix", "spec.workload");
  const auto ns = Scalar(manifest["metadata"], "namespace", "metadata");
  for (const auto* each : {&count, &prefix, &ns}) {
    if (!*each) return Fail(each->error());
  }
  flags.emplace_back("--services",
                     fmt::format("{}-{{1..{}}}.{}.svc.cluster.local:8080", prefix->value_or("test-service"),
                                 count->value_or("10"), ns->value_or("destination-test")));
  return {};
}

Result<std::vector<FlagValue>> Flags(const YAML::Node& manifest, bool churn) {
  if (!manifest.IsMap() || !manifest["kind"] || !manifest["kind"].IsScalar() ||
      manifest["kind"].Scalar() != "LoadTest") {
    return Fail(Code::kInvalid, "kind: is not LoadTest");
  }
  if (!manifest["spec"] || !manifest["spec"].IsMap()) return Fail(Code::kInvalid, "spec: is missing");
  std::vector<FlagValue> flags;
  if (churn) {
    const auto ns = Scalar(manifest["metadata"], "namespace", "metadata");
    if (!ns) return Fail(ns.error());
    if (*ns) flags.emplace_back("--namespace", **ns);
    for (const FieldFlag& entry : kChurn) {
      if (auto ok = Collect(manifest["spec"], entry, flags); !ok) return Fail(ok.error());
    }
    return flags;
  }
  if (auto ok = CollectServices(manifest, flags); !ok) return Fail(ok.error());
  for (const FieldFlag& entry : kClient) {
    if (auto ok = Collect(manifest["spec"], entry, flags); !ok) return Fail(ok.error());
  }
  return flags;
}

bool Gives(const std::vector<std::string>& arguments, const std::string& flag) {
  const std::vector<std::string> names = flag == "--namespace" ? std::vector<std::string>{flag, "-n"}
                                         : flag == "--destination"
                                             ? std::vector<std::string>{flag, "--destination-addr"}
                                             : std::vector<std::string>{flag};
  return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return argument == name || argument.rfind(name + "=", 0) == 0; });
  });
}

/// Takes --config out of the arguments; nullopt when it is not there.
Result<std::optional<std::string>> TakeConfig(std::vector<std::string>& arguments) {
  for (auto at = arguments.begin(); at != arguments.end(); ++at) {
    if (at->rfind("--config=", 0) == 0) {
      std::string path = at->substr(std::string_view("--config=").size());
      arguments.erase(at);
      return path;
    }
    if (*at != "--config" && *at != "-c") continue;
    if (at + 1 == arguments.end()) return Fail(Code::kInvalid, "--config: needs a file");
    std::string path = *(at + 1);
    arguments.erase(at, at + 2);
    return path;
  }
  return std::nullopt;
}

Result<std::string> ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) return Fail(Code::kInvalid, fmt::format("--config: cannot read \"{}\"", path));
  return text.str();
}

}  // namespace

Result<std::vector<FlagValue>> FlagsOfManifest(const std::string& yaml, const std::string& subcommand) {
  try {
    return Flags(YAML::Load(yaml), subcommand == "churn");
  } catch (const YAML::Exception& error) {
    return Fail(Code::kInvalid, error.what());
  }
}

Result<std::vector<std::string>> ReplaceConfig(std::vector<std::string> arguments) {
  if (arguments.size() < 2 || (arguments[1] != "churn" && arguments[1] != "client")) return arguments;
  const auto path = TakeConfig(arguments);
  if (!path) return Fail(path.error());
  if (!*path) return arguments;
  const auto text = ReadAll(**path);
  if (!text) return Fail(text.error());
  const auto flags = FlagsOfManifest(*text, arguments[1]);
  if (!flags) return Fail(Code::kInvalid, fmt::format("--config: {}: {}", **path, flags.error().message));
  std::vector<std::string> more;
  for (const auto& [flag, value] : *flags) {
    if (!Gives(arguments, flag)) more.push_back(fmt::format("{}={}", flag, value));
  }
  arguments.insert(arguments.begin() + 2, more.begin(), more.end());
  return arguments;
}

}  // namespace dst_load::workers
