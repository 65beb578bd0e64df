#include "test/integration/operator/recorded.h"

#include <cstdlib>
#include <fstream>
#include <set>
#include <utility>

#include <catch2/catch.hpp>

#include "base/time.h"
#include "kube/object.h"
#include "test/integration/operator/cluster.h"

namespace dst_load::op::test {
namespace {

using nlohmann::json;

constexpr const char* kSomeTime = "2026-01-01T00:00:00Z";

std::string PathOf(const std::string& name) {
  return DST_LOAD_SOURCE_DIR "/test/integration/gitops/recorded/" + name + ".json";
}

/// What decides how an object is judged; of all else the type is compared.
bool Decides(const std::string& key) {
  static const std::set<std::string> keys = {
      "apiVersion", "kind",   "generation",         "phase",      "verdict", "result",  "reason",
      "type",       "status", "observedGeneration", "rerunToken", "stop",    "suspend", "dst-load.dev/rerun"};
  return keys.contains(key);
}

json ShapeOf(const json& value, const std::string& key) {
  if (value.is_object()) {
    json shape = json::object();
    for (const auto& member : value.items()) shape[member.key()] = ShapeOf(member.value(), member.key());
    return shape;
  }
  if (value.is_array()) {
    json shape = json::array();
    for (const json& item : value) shape.push_back(ShapeOf(item, ""));
    return shape;
  }
  return Decides(key) ? value : json(value.is_number() ? "number" : value.type_name());
}

void NormaliseTimes(json& value) {
  if (value.is_structured()) {
    for (json& member : value) NormaliseTimes(member);
  } else if (value.is_string() && ParseTime(value.get<std::string>())) {
    value = kSomeTime;
  }
}

/// A time within a message, such as that of the next test.
std::string WithoutTimes(std::string text) {
  constexpr std::size_t kLength = 20;  // of kSomeTime
  for (std::size_t at = 0; at + kLength <= text.size(); ++at) {
    if (text[at] == '2' && ParseTime(text.substr(at, kLength))) text.replace(at, kLength, kSomeTime);
  }
  return text;
}

void ReplaceAll(std::string& text, const std::string& from, const std::string& to) {
  if (from.empty()) return;
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

json Normalised(json object) {
  json& meta = object.at("metadata");
  meta.erase("managedFields");
  meta["namespace"] = "load";
  meta["resourceVersion"] = "1";
  meta["uid"] = "00000000-0000-0000-0000-000000000000";
  const std::string run_id = kube::StringAt(object, "status.runID");
  NormaliseTimes(object);
  std::string text = WithoutTimes(object.dump());
  ReplaceAll(text, run_id, "r1");
  return json::parse(text);
}

void Write(const std::string& path, const json& object) {
  std::ofstream file(path, std::ios::trunc);
  file << object.dump(2) << "\n";
  REQUIRE(file.good());
}

/// The object once two looks in a row gave it the same shape: at the first a status may be half written.
json Settled(const std::function<json()>& see) {
  json seen;
  REQUIRE(Cluster::Await([&] {
    const json before = std::exchange(seen, see());
    return before.is_object() && seen.is_object() && ShapeOf(Normalised(before), "") == ShapeOf(Normalised(seen), "");
  }));
  return seen;
}

}  // namespace

void CheckRecorded(const std::string& name, const std::function<json()>& see) {
  const std::string path = PathOf(name);
  if (std::getenv("DST_LOAD_RECORD") != nullptr) Write(path, Normalised(Settled(see)));
  std::ifstream file(path);
  INFO(path << ": to record it anew, run this test with DST_LOAD_RECORD=1");
  REQUIRE(file.good());
  const json wanted = ShapeOf(json::parse(file, nullptr, false), "");
  json shape;
  (void)Cluster::Await([&] { return (shape = ShapeOf(Normalised(see()), "")) == wanted; });
  CHECK(shape == wanted);
}

}  // namespace dst_load::op::test
