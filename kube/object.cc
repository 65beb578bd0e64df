#include "kube/object.h"

#include <nlohmann/json.hpp>

namespace dst_load::kube {

Result<nlohmann::json> ParseJson(std::string_view text) {
  nlohmann::json parsed = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return Fail(Code::kInternal, "the answer is not JSON");
  return parsed;
}

const nlohmann::json* Member(const nlohmann::json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

const nlohmann::json* MemberAt(const nlohmann::json& object, std::string_view path) {
  const nlohmann::json* at = &object;
  for (;;) {
    const auto dot = path.find('.');
    at = Member(*at, path.substr(0, dot));
    if (at == nullptr || dot == std::string_view::npos) return at;
    path.remove_prefix(dot + 1);
  }
}

std::string StringAt(const nlohmann::json& object, std::string_view path) {
  const nlohmann::json* found = MemberAt(object, path);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string{};
}

std::optional<std::int64_t> IntAt(const nlohmann::json& object, std::string_view path) {
  const nlohmann::json* found = MemberAt(object, path);
  if (found == nullptr || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

ObjectKey KeyOf(const nlohmann::json& object) {
  return {StringAt(object, "metadata.namespace"), StringAt(object, "metadata.name")};
}

std::string ResourceVersionOf(const nlohmann::json& object) { return StringAt(object, "metadata.resourceVersion"); }

}  // namespace dst_load::kube
