#include "workers/churn/endpoint_slice.h"

#include <arpa/inet.h>

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/object.h"

namespace dst_load::workers::churn {
namespace {

using nlohmann::json;

std::optional<std::string> CanonicalAddress(const std::string& text) {
  for (const int family : {AF_INET, AF_INET6}) {
    in6_addr binary{};
    char canonical[INET6_ADDRSTRLEN];
    if (inet_pton(family, text.c_str(), &binary) != 1) continue;
    if (inet_ntop(family, &binary, canonical, sizeof canonical) != nullptr) return canonical;
  }
  return std::nullopt;
}

bool IsTrue(const json& object, std::string_view path, bool absent) {
  const json* value = kube::MemberAt(object, path);
  return value != nullptr && value->is_boolean() ? value->get<bool>() : absent;
}

std::optional<std::uint16_t> PortOf(const json& slice, std::uint16_t wanted) {
  const json* ports = kube::Member(slice, "ports");
  if (ports == nullptr || !ports->is_array()) return std::nullopt;
  for (const json& port : *ports) {
    const auto number = kube::IntAt(port, "port");
    if (!number || *number < 1 || *number > 65535) continue;
    const std::string name = kube::StringAt(port, "name");
    if (name == "http" || (name.empty() && *number == wanted)) return static_cast<std::uint16_t>(*number);
  }
  return std::nullopt;
}

void AddReady(const json& endpoint, std::uint16_t port, std::set<measure::Endpoint>& ready) {
  if (!IsTrue(endpoint, "conditions.ready", true) || IsTrue(endpoint, "conditions.terminating", false)) return;
  const json* addresses = kube::Member(endpoint, "addresses");
  if (addresses == nullptr || !addresses->is_array()) return;
  const std::string pod =
      kube::StringAt(endpoint, "targetRef.kind") == "Pod" ? kube::StringAt(endpoint, "targetRef.name") : "";
  for (const json& address : *addresses) {
    if (!address.is_string()) continue;
    if (auto ip = CanonicalAddress(address.get<std::string>())) ready.insert({std::move(*ip), port, pod});
  }
}

}  // namespace

Result<SliceView> ReadSlice(const json& object, std::uint16_t port) {
  SliceView view;
  view.name = kube::StringAt(object, "metadata.name");
  const json* labels = kube::MemberAt(object, "metadata.labels");
  const json* service = labels == nullptr ? nullptr : kube::Member(*labels, "kubernetes.io/service-name");
  if (service != nullptr && service->is_string()) view.service = service->get<std::string>();
  if (view.name.empty() || view.service.empty()) {
    return Fail(Code::kInvalid, fmt::format("read endpointslice \"{}\": no name or no label of a service", view.name));
  }
  const auto number = PortOf(object, port);
  const json* endpoints = kube::Member(object, "endpoints");
  if (!number || endpoints == nullptr || !endpoints->is_array()) return view;
  for (const json& endpoint : *endpoints) AddReady(endpoint, *number, view.ready);
  return view;
}

}  // namespace dst_load::workers::churn
