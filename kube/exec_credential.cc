#include "kube/exec_credential.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/child_process.h"
#include "kube/object.h"

namespace dst_load::kube {
namespace {

constexpr Micros kTimeout = std::chrono::seconds{60};
/// A credential is replaced this long before it expires: it must not do so on its way.
constexpr Micros kMargin = std::chrono::seconds{10};

std::string ExecInfo(const ExecPlugin& plugin) {
  nlohmann::json info{
      {"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", {{"interactive", false}}}};
  if (!plugin.cluster_info.empty()) {
    if (auto cluster = ParseJson(plugin.cluster_info)) info["spec"]["cluster"] = std::move(*cluster);
  }
  return info.dump();
}

tl::unexpected<Error> Bad(std::string_view cause) {
  return Fail(Code::kUnauthorized, fmt::format("exec plugin: {}", cause));
}

}  // namespace

Result<ExecCredential> ParseExecCredential(const std::string& text, const std::string& api_version) {
  const auto printed = ParseJson(text);
  if (!printed) return Bad("its output is not JSON");
  if (StringAt(*printed, "kind") != "ExecCredential") return Bad("its output is no ExecCredential");
  if (const std::string got = StringAt(*printed, "apiVersion"); got != api_version) {
    return Bad(fmt::format("it answered with apiVersion \"{}\" in place of \"{}\"", got, api_version));
  }
  ExecCredential made{StringAt(*printed, "status.token"),
                      {StringAt(*printed, "status.clientCertificateData"), StringAt(*printed, "status.clientKeyData")},
                      {}};
  if (made.key_pair.cert_pem.empty() != made.key_pair.key_pem.empty())
    return Bad("a certificate and its key come together");
  if (made.token.empty() && made.key_pair.cert_pem.empty()) return Bad("it gave neither a token nor a certificate");
  if (const std::string until = StringAt(*printed, "status.expirationTimestamp"); !until.empty()) {
    const auto time = ParseTime(until);
    if (!time) return Bad(time.error().message);
    made.expires = *time;
  }
  return made;
}

Result<ExecCredential> ExecSource::Current() {
  const std::lock_guard lock(mutex_);
  if (last_ && (!last_->expires || clock_.Wall() + kMargin < *last_->expires)) return *last_;
  std::vector<std::string> argv{plugin_.command};
  argv.insert(argv.end(), plugin_.args.begin(), plugin_.args.end());
  auto env = plugin_.env;
  env.emplace_back("KUBERNETES_EXEC_INFO", ExecInfo(plugin_));
  const auto output = RunProgram(argv, env, kTimeout, clock_);
  if (!output) {
    const std::string hint = plugin_.install_hint.empty() ? "" : fmt::format(" ({})", plugin_.install_hint);
    return Fail(output.error().code, fmt::format("exec plugin: {}{}", output.error().message, hint));
  }
  auto credential = ParseExecCredential(*output, plugin_.api_version);
  if (!credential) return credential;
  last_ = std::move(*credential);
  return *last_;
}

}  // namespace dst_load::kube
