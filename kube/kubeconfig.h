#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "kube/config.h"
#include "kube/exec_credential.h"

namespace dst_load::kube {

/// A kubeconfig as written; nothing that it names has been read. Each piece remembers the folder that its relative
/// paths start from.
struct KubeconfigCluster {
  std::string folder;
  std::string server, ca_data, ca_file, tls_server_name, proxy_url;
  bool insecure = false;
};
struct KubeconfigUser {
  std::string folder;
  std::string token, token_file, cert_data, cert_file, key_data, key_file;
  std::optional<ExecPlugin> exec;
  bool wants_cluster_info = false;
  std::string unsupported;  ///< the first field found that we would have to obey and can't
};
struct KubeconfigContext {
  std::string cluster, user, ns;
};
struct Kubeconfig {
  std::string current_context;
  std::map<std::string, KubeconfigCluster> clusters;
  std::map<std::string, KubeconfigUser> users;
  std::map<std::string, KubeconfigContext> contexts;

  /// Adds what another file says and this one does not.
  void Merge(Kubeconfig other);
};

/// Reads a kubeconfig's YAML. `source` names it in errors, `folder` is where its relative paths start. Errors:
/// kInvalid.
Result<Kubeconfig> ParseKubeconfig(const std::string& text, const std::string& source, const std::string& folder);

/// Whether a kubeconfig may name files to read and programs to run.
enum class Trust { kFilesAndPrograms, kDataOnly };

/// The configuration of one context, `context` or the current one; reads the files that it names. Errors: kInvalid.
Result<Config> ConfigOfContext(const Kubeconfig& kubeconfig, const std::string& context, Trust trust,
                               const Clock& clock);

}  // namespace dst_load::kube
