#pragma once

#include <cstdint>
#include <set>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "measure/truth.h"

namespace dst_load::workers::churn {

/// What an EndpointSlice says about one port of its Service.
struct SliceView {
  std::string name;
  std::string service;
  std::set<measure::Endpoint> ready;  ///< ready, and not about to end
};

/// Reads an EndpointSlice, the endpoints of port `port` of it (named "http", or of that number when unnamed). Addresses
/// become canonical; slices of FQDNs are empty. Errors: kInvalid for an object without a name or a Service.
Result<SliceView> ReadSlice(const nlohmann::json& object, std::uint16_t port);

}  // namespace dst_load::workers::churn
