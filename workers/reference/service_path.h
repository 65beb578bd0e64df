#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace dst_load::workers::reference {

/// What a stream asks for: a port of a Service.
struct Target {
  std::string ns;
  std::string service;
  std::uint16_t port = 80;
  auto operator<=>(const Target&) const = default;
};

/// Reads "NAME.NAMESPACE.svc.CLUSTER_DOMAIN[:PORT]"; the port is 80 when absent. Errors: kInvalid for anything else, IP
/// addresses included.
Result<Target> ReadPath(std::string_view path, std::string_view cluster_domain);

}  // namespace dst_load::workers::reference
