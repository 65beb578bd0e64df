#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "kube/resource.h"

namespace dst_load::kube {

/// Readers of JSON objects that take what is absent, or of another type, for empty; none of them throws.

/// Parses text. Errors: kInternal.
Result<nlohmann::json> ParseJson(std::string_view text);
/// The member `name` of an object; nullptr when there is none.
const nlohmann::json* Member(const nlohmann::json& object, std::string_view name);
/// The member at a path such as "metadata.name"; nullptr when there is none.
const nlohmann::json* MemberAt(const nlohmann::json& object, std::string_view path);
std::string StringAt(const nlohmann::json& object, std::string_view path);
std::optional<std::int64_t> IntAt(const nlohmann::json& object, std::string_view path);

ObjectKey KeyOf(const nlohmann::json& object);
std::string ResourceVersionOf(const nlohmann::json& object);

}  // namespace dst_load::kube
