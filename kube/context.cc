#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/base64.h"
#include "kube/kubeconfig.h"
#include "kube/text_file.h"
#include "kube/token_source.h"

namespace dst_load::kube {
namespace {

tl::unexpected<Error> Bad(const std::string& field, std::string_view cause) {
  return Fail(Code::kInvalid, fmt::format("kubeconfig: {}: {}", field, cause));
}

std::string Absolute(const std::string& folder, const std::string& path) {
  return path.starts_with('/') || folder.empty() ? path : fmt::format("{}/{}", folder, path);
}

/// What stands in `data`, in base64, or else in the file `path`; as kubectl does, data wins.
Result<std::string> DataOrFile(const std::string& field, const std::string& data, const std::string& path,
                               const std::string& folder, Trust trust) {
  if (!data.empty()) {
    auto decoded = DecodeBase64(data);
    if (!decoded) return Bad(field + "-data", "is not base64");
    return *decoded;
  }
  if (path.empty()) return std::string{};
  if (trust == Trust::kDataOnly) return Bad(field, fmt::format("files are not read here; use {}-data", field));
  auto text = ReadTextFile(Absolute(folder, path));
  if (!text) return Bad(field, text.error().message);
  return text;
}

Status AddCluster(const KubeconfigCluster& cluster, const std::string& name, Trust trust, Config& config) {
  const std::string at = fmt::format("clusters[{}]", name);
  if (cluster.server.empty()) return Bad(at + ".server", "is missing");
  if (cluster.insecure) return Bad(at + ".insecure-skip-tls-verify", "is refused: give certificate-authority-data");
  if (!cluster.proxy_url.empty()) return Bad(at + ".proxy-url", "proxies are not supported");
  auto authority = DataOrFile(at + ".certificate-authority", cluster.ca_data, cluster.ca_file, cluster.folder, trust);
  if (!authority) return Fail(authority.error());
  config.server = cluster.server;
  config.ca_pem = std::move(*authority);
  config.tls_server_name = cluster.tls_server_name;
  return {};
}

std::string ClusterInfo(const Config& config) {
  nlohmann::json info{{"server", config.server}};
  if (!config.ca_pem.empty()) info["certificate-authority-data"] = EncodeBase64(config.ca_pem);
  if (!config.tls_server_name.empty()) info["tls-server-name"] = config.tls_server_name;
  return info.dump();
}

Status AddExec(const KubeconfigUser& user, const std::string& at, Trust trust, const Clock& clock, Config& config) {
  if (trust == Trust::kDataOnly) return Bad(at + ".exec", "programs are not run here; use token");
  ExecPlugin plugin = *user.exec;
  if (plugin.api_version != "client.authentication.k8s.io/v1" &&
      plugin.api_version != "client.authentication.k8s.io/v1beta1") {
    return Bad(at + ".exec.apiVersion", fmt::format("\"{}\" is not supported", plugin.api_version));
  }
  if (plugin.command.empty()) return Bad(at + ".exec.command", "is missing");
  // A bare name is looked up in PATH; a relative path starts from the file's folder.
  if (plugin.command.find('/') != std::string::npos) plugin.command = Absolute(user.folder, plugin.command);
  if (user.wants_cluster_info) plugin.cluster_info = ClusterInfo(config);
  // Shared: token and key_pair are two views of one credential.
  const auto source = std::make_shared<ExecSource>(std::move(plugin), clock);
  config.token = [source]() -> Result<std::string> {
    return source->Current().map([](const ExecCredential& credential) { return credential.token; });
  };
  config.key_pair = [source]() -> Result<KeyPair> {
    return source->Current().map([](const ExecCredential& credential) { return credential.key_pair; });
  };
  return {};
}

Status AddUser(const KubeconfigUser& user, const std::string& name, Trust trust, const Clock& clock, Config& config) {
  const std::string at = fmt::format("users[{}]", name);
  if (!user.unsupported.empty()) return Bad(fmt::format("{}.{}", at, user.unsupported), "is not supported");
  auto cert = DataOrFile(at + ".client-certificate", user.cert_data, user.cert_file, user.folder, trust);
  if (!cert) return Fail(cert.error());
  auto key = DataOrFile(at + ".client-key", user.key_data, user.key_file, user.folder, trust);
  if (!key) return Fail(key.error());
  if (cert->empty() != key->empty()) return Bad(at, "client-certificate and client-key come together");
  config.client_cert_pem = std::move(*cert);
  config.client_key_pem = std::move(*key);
  if (user.exec) return AddExec(user, at, trust, clock, config);
  // As kubectl does, a file wins: it is the one that rotates.
  if (!user.token_file.empty()) {
    if (trust == Trust::kDataOnly) return Bad(at + ".tokenFile", "files are not read here; use token");
    config.token = FileToken(Absolute(user.folder, user.token_file), clock);
  } else if (!user.token.empty()) {
    config.token = StaticToken(user.token);
  }
  return {};
}

}  // namespace

Result<Config> ConfigOfContext(const Kubeconfig& kubeconfig, const std::string& wanted, Trust trust,
                               const Clock& clock) {
  const std::string& name = wanted.empty() ? kubeconfig.current_context : wanted;
  if (name.empty()) return Bad("current-context", "is not set");
  const auto context = kubeconfig.contexts.find(name);
  if (context == kubeconfig.contexts.end()) return Bad("contexts", fmt::format("there is none named \"{}\"", name));
  const auto cluster = kubeconfig.clusters.find(context->second.cluster);
  if (cluster == kubeconfig.clusters.end()) {
    return Bad(fmt::format("contexts[{}].cluster", name),
               fmt::format("there is none named \"{}\"", context->second.cluster));
  }
  Config config;
  if (!context->second.ns.empty()) config.ns = context->second.ns;
  if (auto added = AddCluster(cluster->second, cluster->first, trust, config); !added) return Fail(added.error());
  if (context->second.user.empty()) return config;
  const auto user = kubeconfig.users.find(context->second.user);
  if (user == kubeconfig.users.end()) {
    return Bad(fmt::format("contexts[{}].user", name), fmt::format("there is none named \"{}\"", context->second.user));
  }
  if (auto added = AddUser(user->second, user->first, trust, clock, config); !added) return Fail(added.error());
  return config;
}

}  // namespace dst_load::kube
