#include "kube/kubeconfig.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>
#include <nlohmann/json.hpp>

namespace dst_load::kube {
namespace {

// yaml-cpp throws for a scalar of the wrong kind; ParseKubeconfig catches it.
std::string Text(const YAML::Node& node, const char* field) {
  const YAML::Node value = node[field];
  return value && !value.IsNull() ? value.as<std::string>() : std::string{};
}

bool Flag(const YAML::Node& node, const char* field) {
  const YAML::Node value = node[field];
  return value && !value.IsNull() && value.as<bool>();
}

KubeconfigCluster Cluster(const YAML::Node& node, const std::string& folder) {
  return {folder,
          Text(node, "server"),
          Text(node, "certificate-authority-data"),
          Text(node, "certificate-authority"),
          Text(node, "tls-server-name"),
          Text(node, "proxy-url"),
          Flag(node, "insecure-skip-tls-verify")};
}

ExecPlugin Exec(const YAML::Node& node) {
  ExecPlugin plugin{Text(node, "apiVersion"), Text(node, "command"), {}, {}, Text(node, "installHint"), {}};
  for (const YAML::Node& arg : node["args"]) plugin.args.push_back(arg.as<std::string>());
  for (const YAML::Node& variable : node["env"])
    plugin.env.emplace_back(Text(variable, "name"), Text(variable, "value"));
  return plugin;
}

KubeconfigUser User(const YAML::Node& node, const std::string& folder) {
  KubeconfigUser user;
  user.folder = folder;
  user.token = Text(node, "token");
  user.token_file = Text(node, "tokenFile");
  user.cert_data = Text(node, "client-certificate-data");
  user.cert_file = Text(node, "client-certificate");
  user.key_data = Text(node, "client-key-data");
  user.key_file = Text(node, "client-key");
  if (const YAML::Node exec = node["exec"]; exec && exec.IsMap()) {
    user.exec = Exec(exec);
    user.wants_cluster_info = Flag(exec, "provideClusterInfo");
  }
  for (const char* field : {"auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra"}) {
    if (user.unsupported.empty() && node[field] && !node[field].IsNull()) user.unsupported = field;
  }
  return user;
}

Kubeconfig Read(const YAML::Node& root, const std::string& folder) {
  Kubeconfig made;
  made.current_context = Text(root, "current-context");
  // The first of two equal names wins, as in kubectl.
  for (const YAML::Node& each : root["clusters"])
    made.clusters.emplace(Text(each, "name"), Cluster(each["cluster"], folder));
  for (const YAML::Node& each : root["users"]) {
    const YAML::Node user = each["user"];
    made.users.emplace(Text(each, "name"), user && user.IsMap() ? User(user, folder) : KubeconfigUser{});
  }
  for (const YAML::Node& each : root["contexts"]) {
    const YAML::Node context = each["context"];
    made.contexts.emplace(Text(each, "name"), KubeconfigContext{Text(context, "cluster"), Text(context, "user"),
                                                                Text(context, "namespace")});
  }
  return made;
}

}  // namespace

void Kubeconfig::Merge(Kubeconfig other) {
  if (current_context.empty()) current_context = std::move(other.current_context);
  clusters.merge(other.clusters);
  users.merge(other.users);
  contexts.merge(other.contexts);
}

Result<Kubeconfig> ParseKubeconfig(const std::string& text, const std::string& source, const std::string& folder) {
  try {
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull()) return Kubeconfig{};
    if (!root.IsMap()) return Fail(Code::kInvalid, fmt::format("{}: is no kubeconfig", source));
    return Read(root, folder);
  } catch (const YAML::Exception& e) {
    return Fail(Code::kInvalid, fmt::format("{}: line {}: {}", source, e.mark.line + 1, e.msg));
  }
}

}  // namespace dst_load::kube
