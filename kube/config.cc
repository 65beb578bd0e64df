#include "kube/config.h"

#include <cstdlib>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "kube/kubeconfig.h"
#include "kube/text_file.h"

namespace dst_load::kube {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> SplitPaths(const std::string& list) {
  std::vector<std::string> paths;
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find(':', at), list.size());
    if (end > at) paths.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return paths;
}

std::string FolderOf(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

Result<Kubeconfig> ReadKubeconfig(const std::string& path) {
  const auto text = ReadTextFile(path);
  if (!text) return Fail(text.error());
  return ParseKubeconfig(*text, path, FolderOf(path));
}

/// Several files are one kubeconfig, the first to name something winning; those that aren't there don't count.
Result<Kubeconfig> ReadAll(const std::vector<std::string>& paths) {
  std::optional<Kubeconfig> all;
  for (const std::string& path : paths) {
    auto one = ReadKubeconfig(path);
    if (!one && IsNotFound(one.error())) continue;
    if (!one) return one;
    if (!all) {
      all = std::move(*one);
    } else {
      all->Merge(std::move(*one));
    }
  }
  if (!all) return Fail(Code::kNotFound, "no kubeconfig: none of the files in KUBECONFIG is there");
  return *all;
}

Result<Kubeconfig> FindKubeconfig(const ConfigOptions& options) {
  if (!options.kubeconfig.empty()) return ReadKubeconfig(options.kubeconfig);
  if (const std::string list = Variable("KUBECONFIG"); !list.empty()) return ReadAll(SplitPaths(list));
  const std::string home = Variable("HOME");
  if (home.empty()) return Fail(Code::kNotFound, "no kubeconfig: neither KUBECONFIG nor HOME is set");
  return ReadKubeconfig(home + "/.kube/config");
}

}  // namespace

Result<Config> LoadConfig(const ConfigOptions& options, const Clock& clock) {
  if (options.kubeconfig.empty() && options.context.empty() && Variable("KUBECONFIG").empty()) {
    auto in_cluster = InClusterConfig(clock);
    if (in_cluster || !IsNotFound(in_cluster.error())) return in_cluster;
  }
  const auto kubeconfig = FindKubeconfig(options);
  if (!kubeconfig) return Fail(kubeconfig.error());
  return ConfigOfContext(*kubeconfig, options.context, Trust::kFilesAndPrograms, clock);
}

Result<Config> ConfigFromText(const std::string& text, const std::string& context, const Clock& clock) {
  const auto kubeconfig = ParseKubeconfig(text, "kubeconfig", "");
  if (!kubeconfig) return Fail(kubeconfig.error());
  return ConfigOfContext(*kubeconfig, context, Trust::kDataOnly, clock);
}

}  // namespace dst_load::kube
