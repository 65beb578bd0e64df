#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/time.h"

namespace dst_load::kube {

/// A certificate, with its chain, and its key; both PEM.
struct KeyPair {
  std::string cert_pem;
  std::string key_pem;
};

/// Where an API server is and how to speak to it. TLS is always verified; there is no way to switch that off.
struct Config {
  std::string server;           ///< "https://host:port[/prefix]"
  std::string ca_pem;           ///< authorities to trust; empty: the system's
  std::string tls_server_name;  ///< name to verify in place of the host's; empty: the host
  std::string client_cert_pem;  ///< with client_key_pem, a client certificate
  std::string client_key_pem;
  std::string ns = "default";  ///< namespace of the context, or of the Pod
  /// Bearer token, asked for before each request; empty string for none. Thread-safe. A token file is re-read as soon
  /// as it was replaced, an exec plugin is run again when its token expires.
  std::function<Result<std::string>()> token;
  /// Where set, asked for the client certificate before each new connection, in place of client_cert_pem: an exec
  /// plugin's expires and is replaced. Thread-safe.
  std::function<Result<KeyPair>()> key_pair;
};

struct ConfigOptions {
  std::string kubeconfig;  ///< path; empty: $KUBECONFIG, then in-cluster, then ~/.kube/config
  std::string context;     ///< empty: the file's current-context
};

/// Loads configuration as kubectl does. Errors: kInvalid naming file and field, kNotFound when there is none.
Result<Config> LoadConfig(const ConfigOptions& options, const Clock& clock);
/// From a kubeconfig's text (a Secret's). It may have been written by somebody with fewer rights than ours: files and
/// exec plugins are refused. Errors: kInvalid naming the field.
Result<Config> ConfigFromText(const std::string& text, const std::string& context, const Clock& clock);
/// From a Pod's service account: /var/run/secrets/kubernetes.io/serviceaccount and KUBERNETES_SERVICE_HOST/PORT.
Result<Config> InClusterConfig(const Clock& clock,
                               const std::string& root = "/var/run/secrets/kubernetes.io/serviceaccount");

}  // namespace dst_load::kube
