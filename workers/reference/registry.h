#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kube/resource.h"
#include "workers/reference/service_path.h"
#include "workers/reference/slice.h"

namespace dst_load::workers::reference {

/// A Pod at an address.
struct Endpoint {
  std::string ip;
  std::uint16_t port = 0;
  std::string pod;
  auto operator<=>(const Endpoint&) const = default;
};
using EndpointSet = std::set<Endpoint>;
/// Whether anything of the set is at the address; the Pod does not matter.
bool IsUsed(const EndpointSet& set, const Endpoint& address);

/// The slices of every Service. Pure; not thread-safe.
class Registry {
 public:
  using Service = std::pair<std::string, std::string>;  ///< namespace, name

  /// Takes a slice in; returns the Services it belongs, or belonged, to.
  std::set<Service> Set(const kube::ObjectKey& key, Slice slice);
  std::set<Service> Remove(const kube::ObjectKey& key);

  /// The ready endpoints of a Service's port, of all its slices. A slice answers with the port of that number, or else
  /// with its first: what a Service's port is called in its slices is not known here.
  EndpointSet Endpoints(const Target& target) const;

 private:
  std::map<kube::ObjectKey, Slice> slices_;
  std::map<Service, std::set<kube::ObjectKey>> by_service_;
};

/// What turns one set into another, as a stream is to be told: adds first, then removes.
struct Difference {
  std::vector<Endpoint> added;
  std::vector<Endpoint> removed;
  bool Empty() const { return added.empty() && removed.empty(); }
};
/// An address that passes from one Pod to another is added anew and not removed: an Add replaces what is there. Pure.
Difference Diff(const EndpointSet& before, const EndpointSet& after);

}  // namespace dst_load::workers::reference
