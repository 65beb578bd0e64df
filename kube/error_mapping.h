#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"

namespace dst_load::kube {

/// The only place where HTTP becomes an Error. `what` is verb and object: "get pods/ns/x".

/// Of a response that is no success: its status, and the reason of the Status object that its body may be.
Error ErrorFromResponse(std::string_view what, int http_status, std::string_view body);
/// Of a Status object inside a watch's ERROR event.
Error ErrorFromStatus(std::string_view what, const nlohmann::json& status);

}  // namespace dst_load::kube
