#include <cstdlib>

#include <fmt/format.h>

#include "kube/config.h"
#include "kube/text_file.h"
#include "kube/token_source.h"

namespace dst_load::kube {

Result<Config> InClusterConfig(const Clock& clock, const std::string& root) {
  const char* host = std::getenv("KUBERNETES_SERVICE_HOST");
  const char* port = std::getenv("KUBERNETES_SERVICE_PORT");
  if (host == nullptr || port == nullptr || *host == '\0' || *port == '\0') {
    return Fail(Code::kNotFound, "not in a Pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
  }
  Config config;
  const std::string name(host);
  const bool ipv6 = name.find(':') != std::string::npos;
  config.server = ipv6 ? fmt::format("https://[{}]:{}", name, port) : fmt::format("https://{}:{}", name, port);
  auto authority = ReadTextFile(root + "/ca.crt");
  if (!authority) return Fail(authority.error());
  config.ca_pem = std::move(*authority);
  config.token = FileToken(root + "/token", clock);
  if (const auto token = config.token(); !token) return Fail(token.error());
  if (const auto ns = ReadTextFile(root + "/namespace"); ns && !Trim(*ns).empty()) config.ns = Trim(*ns);
  return config;
}

}  // namespace dst_load::kube
