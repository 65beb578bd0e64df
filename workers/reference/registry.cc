#include "workers/reference/registry.h"

#include <algorithm>
#include <iterator>
#include <optional>

namespace dst_load::workers::reference {
namespace {

std::optional<std::uint16_t> PortOf(const Slice& slice, std::uint16_t wanted) {
  if (slice.ports.empty()) return std::nullopt;
  const bool has = std::find(slice.ports.begin(), slice.ports.end(), wanted) != slice.ports.end();
  return has ? wanted : slice.ports.front();
}

// The first endpoint at an address; sets are sorted by address.
const Endpoint* At(const EndpointSet& set, const Endpoint& address) {
  const auto found = set.lower_bound({address.ip, address.port, ""});
  return found != set.end() && found->ip == address.ip && found->port == address.port ? &*found : nullptr;
}

}  // namespace

bool IsUsed(const EndpointSet& set, const Endpoint& address) { return At(set, address) != nullptr; }

std::set<Registry::Service> Registry::Set(const kube::ObjectKey& key, Slice slice) {
  std::set<Service> touched = Remove(key);
  const Service service{slice.ns, slice.service};
  touched.insert(service);
  by_service_[service].insert(key);
  slices_.emplace(key, std::move(slice));
  return touched;
}

std::set<Registry::Service> Registry::Remove(const kube::ObjectKey& key) {
  const auto found = slices_.find(key);
  if (found == slices_.end()) return {};
  Service service{found->second.ns, found->second.service};
  const auto slices = by_service_.find(service);
  slices->second.erase(key);
  if (slices->second.empty()) by_service_.erase(slices);
  slices_.erase(found);
  return {std::move(service)};
}

EndpointSet Registry::Endpoints(const Target& target) const {
  EndpointSet set;
  const auto slices = by_service_.find({target.ns, target.service});
  if (slices == by_service_.end()) return set;
  for (const auto& key : slices->second) {
    const Slice& slice = slices_.at(key);
    const auto port = PortOf(slice, target.port);
    if (!port) continue;
    for (const auto& address : slice.ready) set.insert({address.ip, *port, address.pod});
  }
  return set;
}

Difference Diff(const EndpointSet& before, const EndpointSet& after) {
  Difference difference;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(difference.added));
  std::set<std::pair<std::string, std::uint16_t>> told;
  for (const auto& endpoint : difference.added) told.emplace(endpoint.ip, endpoint.port);
  std::vector<Endpoint> gone;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(gone));
  for (auto& endpoint : gone) {
    if (!told.emplace(endpoint.ip, endpoint.port).second) continue;  // said already
    if (const Endpoint* heir = At(after, endpoint)) {
      difference.added.push_back(*heir);
    } else {
      difference.removed.push_back(std::move(endpoint));
    }
  }
  return difference;
}

}  // namespace dst_load::workers::reference
