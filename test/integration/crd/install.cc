#include "test/integration/crd/install.h"

#include <charconv>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>
#include <nlohmann/json.hpp>

#include "kube/wait.h"

namespace dst_load::test_support {
namespace {

using nlohmann::json;

constexpr kube::Resource kDefinitions{"apiextensions.k8s.io", "v1", "customresourcedefinitions",
                                      "CustomResourceDefinition", false};
constexpr kube::Resource kLoadTests{"dst-load.dev", "v1alpha1", "loadtests", "LoadTest", true};
constexpr kube::Resource kSchedules{"dst-load.dev", "v1alpha1", "loadtestschedules", "LoadTestSchedule", true};

json ScalarOf(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;  // quoted
  if (text == "true" || text == "false") return text == "true";
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size()) return number;
  return text;
}

json ToJson(const YAML::Node& node) {
  if (node.IsScalar()) return ScalarOf(node);
  if (node.IsSequence()) {
    json list = json::array();
    for (const auto& item : node) list.push_back(ToJson(item));
    return list;
  }
  if (!node.IsMap()) return nullptr;
  json object = json::object();
  for (const auto& member : node) object[member.first.Scalar()] = ToJson(member.second);
  return object;
}

/// Installs a definition and waits until the server takes its kind.
Status Install(kube::Client& client, const std::string& file, const kube::Resource& kind) {
  const auto definition = ReadYaml(DST_LOAD_SOURCE_DIR "/crds/" + file);
  if (!definition) return Fail(definition.error());
  auto applied = client.Apply(kDefinitions, "", *definition, "test");
  if (!applied) return Fail(applied.error());
  Error last;
  for (int i = 0; i < 200; ++i) {
    auto listed = client.List(kind, "");
    if (listed) return {};
    last = listed.error();
    kube::WaitFor({}, std::chrono::milliseconds{50});
  }
  return Fail(last);
}

}  // namespace

Result<json> ReadYaml(const std::string& path) {
  try {
    return ToJson(YAML::LoadFile(path));
  } catch (const YAML::Exception& error) {
    return Fail(Code::kInvalid, fmt::format("{}: {}", path, error.what()));
  }
}

Status InstallLoadTests(kube::Client& client) { return Install(client, "loadtest.yaml", kLoadTests); }

Status InstallSchedules(kube::Client& client) { return Install(client, "loadtestschedule.yaml", kSchedules); }

}  // namespace dst_load::test_support
