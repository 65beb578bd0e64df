#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dst_load::kube {

/// Decodes standard base64, spaces and line ends ignored; nullopt for anything else.
std::optional<std::string> DecodeBase64(std::string_view text);
std::string EncodeBase64(std::string_view bytes);

}  // namespace dst_load::kube
