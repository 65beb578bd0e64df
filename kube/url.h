#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace dst_load::kube {

/// The parts of an API server's address.
struct Url {
  bool tls = true;
  std::string host;  ///< a name or an address; IPv6 without its brackets
  int port = 443;
  std::string prefix;  ///< "" or "/prefix", never with a slash at its end

  /// "host:port", IPv6 in brackets.
  std::string Authority() const;
};

/// Reads "http[s]://host[:port][/prefix]". Errors: kInvalid.
Result<Url> ParseUrl(std::string_view text);

/// `text` with everything but RFC 3986's unreserved characters as %XX.
std::string PercentEncode(std::string_view text);

/// "?a=b&c=d", values encoded, empty ones left out; "" when nothing is left.
std::string Query(const std::vector<std::pair<std::string_view, std::string_view>>& parameters);

}  // namespace dst_load::kube
