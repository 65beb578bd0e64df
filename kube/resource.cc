#include "kube/resource.h"

#include <fmt/format.h>

#include "kube/url.h"

namespace dst_load::kube {

std::string Resource::ApiVersion() const {
  return group.empty() ? std::string(version) : fmt::format("{}/{}", group, version);
}

std::string Resource::Path(std::string_view ns, std::string_view name, std::string_view subresource) const {
  std::string path = (group.empty() ? "/api/" : "/apis/") + ApiVersion();
  if (namespaced && !ns.empty()) path += "/namespaces/" + PercentEncode(ns);
  path += fmt::format("/{}", plural);
  if (!name.empty()) path += "/" + PercentEncode(name);
  if (!subresource.empty()) path += fmt::format("/{}", subresource);
  return path;
}

std::string Resource::Describe(std::string_view ns, std::string_view name) const {
  std::string text(plural);
  if (namespaced && !ns.empty()) text += fmt::format("/{}", ns);
  if (!name.empty()) text += fmt::format("/{}", name);
  return text;
}

}  // namespace dst_load::kube
