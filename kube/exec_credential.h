#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "kube/config.h"

namespace dst_load::kube {

/// A kubeconfig's `exec` stanza.
struct ExecPlugin {
  std::string api_version;  ///< client.authentication.k8s.io/v1 or v1beta1
  std::string command;
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  std::string install_hint;
  std::string cluster_info;  ///< the JSON of spec.cluster, where provideClusterInfo asks for it
};

/// What a plugin printed.
struct ExecCredential {
  std::string token;
  KeyPair key_pair;
  std::optional<WallTime> expires;
};

/// Reads a plugin's output. Errors: kUnauthorized.
Result<ExecCredential> ParseExecCredential(const std::string& text, const std::string& api_version);

/// Runs a plugin when a credential is asked for and there is none that is still valid. Thread-safe.
class ExecSource {
 public:
  ExecSource(ExecPlugin plugin, const Clock& clock) : plugin_(std::move(plugin)), clock_(clock) {}
  /// Errors: kNotFound when the plugin can't be run, kUnauthorized when it fails, kTimeout.
  Result<ExecCredential> Current();

 private:
  const ExecPlugin plugin_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<ExecCredential> last_;
};

}  // namespace dst_load::kube
