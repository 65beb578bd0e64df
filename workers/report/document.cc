#include "workers/report/document.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>
#include <nlohmann/json.hpp>

namespace dst_load::workers {
namespace {

using nlohmann::json;

constexpr const char* kKey = "report.json";

tl::unexpected<Error> Bad(std::string_view why) { return Fail(Code::kInvalid, fmt::format("read report: {}", why)); }

Result<std::string> FromKind(const std::string& kind, const std::string& report) {
  if (kind != "ConfigMap") return Bad(fmt::format("a {} holds none, only a ConfigMap does", kind));
  if (report.empty()) return Bad(fmt::format("the ConfigMap has no key {}", kKey));
  return report;
}

Result<std::string> FromYaml(const std::string& document) {
  try {
    const YAML::Node root = YAML::Load(document);
    if (!root.IsMap() || !root["kind"]) return Bad("it is neither a report nor a ConfigMap");
    const YAML::Node data = root["data"];
    return FromKind(root["kind"].as<std::string>(), data && data[kKey] ? data[kKey].as<std::string>() : "");
  } catch (const YAML::Exception& error) {
    return Bad(fmt::format("it is neither JSON nor YAML: {}", error.what()));
  }
}

}  // namespace

Result<std::string> ExtractReport(const std::string& document) {
  const json parsed = json::parse(document, nullptr, false);
  if (parsed.is_discarded()) return FromYaml(document);
  if (!parsed.is_object() || !parsed.contains("kind")) return document;
  const json& kind = parsed["kind"];
  const json data = parsed.value("data", json::object());
  const bool there = data.is_object() && data.contains(kKey) && data[kKey].is_string();
  return FromKind(kind.is_string() ? kind.get<std::string>() : kind.dump(),
                  there ? data[kKey].get<std::string>() : std::string());
}

}  // namespace dst_load::workers
