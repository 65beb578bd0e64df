#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"

namespace dst_load::workers::reference {

/// An EndpointSlice, as far as a destination service needs it.
struct Slice {
  struct Address {
    std::string ip;   ///< canonical
    std::string pod;  ///< empty when it is no Pod's
    auto operator<=>(const Address&) const = default;
  };
  std::string ns;
  std::string service;
  std::vector<std::uint16_t> ports;
  std::vector<Address> ready;  ///< ready, and not about to end
  bool operator==(const Slice&) const = default;
};

/// Errors: kInvalid for a slice that names no Service. Slices of FQDNs have no addresses.
Result<Slice> ReadSlice(const nlohmann::json& object);

}  // namespace dst_load::workers::reference
