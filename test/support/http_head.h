#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "test/support/tls_stream.h"

namespace dst_load::test_support {

/// The request line and the headers of an HTTP/1.1 request.
struct HttpHead {
  std::string method, target;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case

  /// Empty when there is none.
  std::string Header(std::string_view name) const;
};

struct HttpRequest {
  HttpHead head;
  std::string body;

  /// As it is sent when it is its connection's only one, with or without the sender's credentials.
  std::string AsOnlyOne(bool with_credentials) const;
};

/// Reads one request; nullopt when the peer goes before it is complete.
std::optional<HttpRequest> ReadRequest(TlsStream& from);

}  // namespace dst_load::test_support
