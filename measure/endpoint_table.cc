#include "measure/endpoint_table.h"

#include <fmt/format.h>

namespace dst_load::measure {
namespace {

// Endpoints that nobody needs, remembered to tell a late message from an unknown endpoint.
constexpr std::size_t kIdleKept = 256;

bool Needed(const EndpointRecord& record) {
  return record.in_truth || !record.held.empty() || !record.changes.empty() || !record.early.empty();
}

}  // namespace

AddressId EndpointTable::FindAddress(std::string_view ip, std::uint16_t port) const {
  const auto found = by_address_.find(AddressKey{ip, port});
  return found == by_address_.end() ? kNone : found->second;
}

EndpointId EndpointTable::Find(AddressId address, std::string_view pod) const {
  if (address == kNone) return kNone;
  for (const EndpointId id : addresses_[address].endpoints) {
    if (endpoints_[id].pod == pod) return id;
  }
  return kNone;
}

EndpointId EndpointTable::Intern(std::string_view ip, std::uint16_t port, std::string_view pod) {
  if (const EndpointId known = Find(FindAddress(ip, port), pod); known != kNone) return known;
  EvictIdle();
  const AddressId address = InternAddress(ip, port);
  EndpointId id = Size();
  if (free_endpoints_.empty()) {
    endpoints_.emplace_back();
  } else {
    id = free_endpoints_.back();
    free_endpoints_.pop_back();
  }
  EndpointRecord& record = endpoints_[id];
  record.address = address;
  record.pod = pod;
  addresses_[address].endpoints.push_back(id);
  return id;
}

AddressId EndpointTable::InternAddress(std::string_view ip, std::uint16_t port) {
  if (const AddressId known = FindAddress(ip, port); known != kNone) return known;
  auto id = static_cast<AddressId>(addresses_.size());
  if (free_addresses_.empty()) {
    addresses_.emplace_back();
  } else {
    id = free_addresses_.back();
    free_addresses_.pop_back();
  }
  AddressRecord& record = addresses_[id];
  record.ip = ip;
  record.port = port;
  by_address_.emplace(AddressKey{record.ip, port}, id);
  return id;
}

EndpointId EndpointTable::OwnerAt(AddressId address, std::uint32_t stream) const {
  for (const EndpointId id : addresses_[address].endpoints) {
    if (endpoints_[id].held.Has(stream)) return id;
  }
  return kNone;
}

EndpointId EndpointTable::TrueAt(AddressId address) const {
  EndpointId latest = kNone;
  for (const EndpointId id : addresses_[address].endpoints) {
    const EndpointRecord& record = endpoints_[id];
    if (!record.in_truth) continue;
    // Of those that one state brought, the first by name: the order of ids must not matter.
    const bool later = latest == kNone || record.truth_seq > endpoints_[latest].truth_seq ||
                       (record.truth_seq == endpoints_[latest].truth_seq && record.pod < endpoints_[latest].pod);
    if (later) latest = id;
  }
  return latest;
}

void EndpointTable::Release(EndpointId id) {
  EndpointRecord& record = endpoints_[id];
  if (record.idle || Needed(record)) return;
  record.idle = true;
  idle_.push_back(id);
}

void EndpointTable::EvictIdle() {
  while (idle_.size() > kIdleKept) {
    const EndpointId id = idle_.front();
    idle_.pop_front();
    EndpointRecord& record = endpoints_[id];
    record.idle = false;
    if (Needed(record)) continue;
    const AddressId address = record.address;
    std::erase(addresses_[address].endpoints, id);
    record = {};
    free_endpoints_.push_back(id);
    FreeAddressIfUnused(address);
  }
}

void EndpointTable::Unpin(AddressId address) {
  --addresses_[address].pins;
  FreeAddressIfUnused(address);
}

void EndpointTable::FreeAddressIfUnused(AddressId address) {
  AddressRecord& record = addresses_[address];
  if (record.pins > 0 || !record.endpoints.empty()) return;
  by_address_.erase(AddressKey{record.ip, record.port});
  record = {};
  free_addresses_.push_back(address);
}

std::string EndpointTable::AddressText(AddressId address) const {
  const AddressRecord& record = addresses_[address];
  const bool v6 = record.ip.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", record.ip, record.port) : fmt::format("{}:{}", record.ip, record.port);
}

std::string EndpointTable::Text(EndpointId id) const {
  const EndpointRecord& record = endpoints_[id];
  const std::string address = AddressText(record.address);
  return record.pod.empty() ? address : fmt::format("{} (pod {})", address, record.pod);
}

}  // namespace dst_load::measure
