#pragma once

#include <string>
#include <string_view>

namespace dst_load::kube {

/// A kind of object and where the API server keeps it. The members must outlive every copy: use literals.
struct Resource {
  std::string_view group;  ///< "" for core
  std::string_view version;
  std::string_view plural;
  std::string_view kind;
  bool namespaced = true;

  /// "v1", "apps/v1".
  std::string ApiVersion() const;
  /// "/apis/apps/v1/namespaces/NS/deployments[/NAME[/SUBRESOURCE]]". Empty `ns` for all namespaces and cluster-scoped
  /// kinds.
  std::string Path(std::string_view ns, std::string_view name = "", std::string_view subresource = "") const;
  /// "deployments/NS/NAME", for errors and logs.
  std::string Describe(std::string_view ns, std::string_view name = "") const;

  bool operator==(const Resource&) const = default;
};

inline constexpr Resource kPods{"", "v1", "pods", "Pod", true};
inline constexpr Resource kServices{"", "v1", "services", "Service", true};
inline constexpr Resource kSecrets{"", "v1", "secrets", "Secret", true};
inline constexpr Resource kConfigMaps{"", "v1", "configmaps", "ConfigMap", true};
inline constexpr Resource kServiceAccounts{"", "v1", "serviceaccounts", "ServiceAccount", true};
inline constexpr Resource kNamespaces{"", "v1", "namespaces", "Namespace", false};
inline constexpr Resource kNodes{"", "v1", "nodes", "Node", false};
inline constexpr Resource kDeployments{"apps", "v1", "deployments", "Deployment", true};
inline constexpr Resource kReplicaSets{"apps", "v1", "replicasets", "ReplicaSet", true};
inline constexpr Resource kEndpointSlices{"discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true};
inline constexpr Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease", true};
inline constexpr Resource kRoles{"rbac.authorization.k8s.io", "v1", "roles", "Role", true};
inline constexpr Resource kRoleBindings{"rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", true};
inline constexpr Resource kEvents{"events.k8s.io", "v1", "events", "Event", true};

/// Key of an object within its kind.
struct ObjectKey {
  std::string ns;
  std::string name;
  auto operator<=>(const ObjectKey&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 sees a null there
};

}  // namespace dst_load::kube
