#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "measure/early_queue.h"
#include "measure/stream_set.h"
#include "measure/truth.h"

namespace dst_load::measure {

using EndpointId = std::uint32_t;
using AddressId = std::uint32_t;
inline constexpr std::uint32_t kNone = 0xffffffff;

/// One endpoint of a service: a Pod at an address, and who holds it.
struct EndpointRecord {
  AddressId address = kNone;
  std::string pod;
  bool in_truth = false;
  bool was_true = false;         ///< in the truth now or once
  Seq truth_seq = 0;             ///< of the change that made it true last
  std::optional<WallTime> came;  ///< when it was published last, and when its going was; nullopt when a state told
  std::optional<WallTime> went;
  StreamSet held;                      ///< streams whose set contains it: a bit a stream, instead of a set a stream
  std::vector<std::uint64_t> changes;  ///< its changes that some stream still waits for, in order of history
  EarlyQueue early;
  bool idle = false;  ///< queued for eviction, unless it is needed again before
};

/// The endpoints and addresses of one service as dense ids. Lookup takes views and allocates nothing.
///
/// What nobody needs any more is kept for a while, so that a late message about it is not taken for an unknown
/// endpoint, and then its id is used again. Records stay where they are; ids are evicted in Intern only. Not
/// thread-safe.
class EndpointTable {
 public:
  AddressId FindAddress(std::string_view ip, std::uint16_t port) const;
  EndpointId Find(AddressId address, std::string_view pod) const;
  EndpointId Intern(std::string_view ip, std::uint16_t port, std::string_view pod);

  EndpointRecord& operator[](EndpointId id) { return endpoints_[id]; }
  const EndpointRecord& operator[](EndpointId id) const { return endpoints_[id]; }
  /// Ids ever given out; freed ones have address kNone.
  EndpointId Size() const { return static_cast<EndpointId>(endpoints_.size()); }
  /// Everything that is, or was, at an address.
  const std::vector<EndpointId>& At(AddressId address) const { return addresses_[address].endpoints; }
  /// The one at the address that the stream holds; kNone.
  EndpointId OwnerAt(AddressId address, std::uint32_t stream) const;
  /// The one at the address that became true last and still is; kNone.
  EndpointId TrueAt(AddressId address) const;

  /// To be called when a reason to keep an endpoint went away.
  void Release(EndpointId id);
  /// Keeps an address's id while notes refer to it.
  void Pin(AddressId address) { ++addresses_[address].pins; }
  void Unpin(AddressId address);

  /// "10.0.0.1:8080", "[fd00::1]:8080", with the Pod's name when it is known.
  std::string Text(EndpointId id) const;
  std::string AddressText(AddressId address) const;

 private:
  struct AddressRecord {
    std::string ip;
    std::uint16_t port = 0;
    std::uint32_t pins = 0;
    std::vector<EndpointId> endpoints;
  };
  struct AddressKey {
    std::string_view ip;  ///< of the record
    std::uint16_t port = 0;
    bool operator==(const AddressKey&) const = default;
  };
  struct AddressHash {
    std::size_t operator()(const AddressKey& key) const {
      return std::hash<std::string_view>{}(key.ip) ^ (std::size_t{key.port} * 0x9e3779b97f4a7c15ULL);
    }
  };

  AddressId InternAddress(std::string_view ip, std::uint16_t port);
  void EvictIdle();
  void FreeAddressIfUnused(AddressId address);

  std::deque<EndpointRecord> endpoints_;
  std::deque<AddressRecord> addresses_;
  std::unordered_map<AddressKey, AddressId, AddressHash> by_address_;
  std::vector<EndpointId> free_endpoints_;
  std::vector<AddressId> free_addresses_;
  std::deque<EndpointId> idle_;
};

}  // namespace dst_load::measure
