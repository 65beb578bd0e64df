#include "workers/reference/slice.h"

#include <arpa/inet.h>

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/object.h"

namespace dst_load::workers::reference {
namespace {

using nlohmann::json;

std::optional<std::string> Canonical(const std::string& text) {
  for (const int family : {AF_INET, AF_INET6}) {
    in6_addr bytes{};
    char canonical[INET6_ADDRSTRLEN];
    if (inet_pton(family, text.c_str(), &bytes) != 1) continue;
    if (inet_ntop(family, &bytes, canonical, sizeof canonical) != nullptr) return canonical;
  }
  return std::nullopt;
}

bool Condition(const json& endpoint, std::string_view path, bool when_absent) {
  const json* const value = kube::MemberAt(endpoint, path);
  return value != nullptr && value->is_boolean() ? value->get<bool>() : when_absent;
}

template <class Visit>
void ForEach(const json& object, std::string_view list, const Visit& visit) {
  const json* const items = kube::Member(object, list);
  if (items == nullptr || !items->is_array()) return;
  for (const json& item : *items) visit(item);
}

}  // namespace

Result<Slice> ReadSlice(const json& object) {
  Slice slice;
  slice.ns = kube::StringAt(object, "metadata.namespace");
  const json* const labels = kube::MemberAt(object, "metadata.labels");
  // The label's own name has dots, so it is no path.
  const json* const service = labels == nullptr ? nullptr : kube::Member(*labels, "kubernetes.io/service-name");
  if (service != nullptr && service->is_string()) slice.service = service->get<std::string>();
  if (slice.service.empty()) {
    return Fail(Code::kInvalid, fmt::format("read endpointslices/{}/{}: no label of a service", slice.ns,
                                            kube::StringAt(object, "metadata.name")));
  }
  ForEach(object, "ports", [&](const json& port) {
    const auto number = kube::IntAt(port, "port");
    if (number && *number >= 1 && *number <= 65535) slice.ports.push_back(static_cast<std::uint16_t>(*number));
  });
  ForEach(object, "endpoints", [&](const json& endpoint) {
    if (!Condition(endpoint, "conditions.ready", true) || Condition(endpoint, "conditions.terminating", false)) return;
    const bool is_pod = kube::StringAt(endpoint, "targetRef.kind") == "Pod";
    const std::string pod = is_pod ? kube::StringAt(endpoint, "targetRef.name") : "";
    ForEach(endpoint, "addresses", [&](const json& address) {
      if (!address.is_string()) return;
      if (auto ip = Canonical(address.get<std::string>())) slice.ready.push_back({std::move(*ip), pod});
    });
  });
  return slice;
}

}  // namespace dst_load::workers::reference
