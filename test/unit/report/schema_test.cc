#include <algorithm>
#include <fstream>
#include <set>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "report/report.h"
#include "sample.h"

namespace dst_load::report {
namespace {

using nlohmann::json;

/// Holds a value against a schema, as far as docs/report.schema.json uses JSON Schema, and stricter in one point: what
/// the schema does not know is a fault too, so that it cannot fall behind.
class Checker {
 public:
  explicit Checker(const json& root) : root_(root) {}

  void Check(const json& value, const json& schema, const std::string& path) {
    if (schema.contains("$ref")) {
      const std::string name = schema["$ref"].get<std::string>();
      const std::string prefix = "#/$defs/";
      REQUIRE(name.find(prefix) == 0);
      return Check(value, root_.at("$defs").at(name.substr(prefix.size())), path);
    }
    for (const auto& keyword : schema.items()) REQUIRE(kKnown.count(keyword.key()) == 1);
    if (schema.contains("const") && value != schema["const"]) Fault(path, "is not " + schema["const"].dump());
    if (schema.contains("enum")) {
      const auto& allowed = schema["enum"];
      if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
        Fault(path, "is none of " + allowed.dump());
    }
    if (schema.contains("type") && !HasType(value, schema["type"])) Fault(path, "is no " + schema["type"].dump());
    if (value.is_number() && schema.contains("minimum") && value < schema["minimum"]) Fault(path, "is too small");
    if (value.is_object()) CheckObject(value, schema, path);
    if (value.is_array()) CheckArray(value, schema, path);
  }

  std::string faults;

 private:
  void Fault(const std::string& path, const std::string& what) { faults += path + " " + what + "\n"; }

  static bool HasType(const json& value, const json& type) {
    if (type.is_array()) {
      return std::any_of(type.begin(), type.end(), [&](const json& one) { return HasType(value, one); });
    }
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    if (type == "integer") return value.is_number_integer();
    return type == "number" && value.is_number();
  }

  void CheckObject(const json& value, const json& schema, const std::string& path) {
    if (schema.contains("required")) {
      for (const auto& key : schema["required"]) {
        if (!value.contains(key.get<std::string>())) Fault(path + "." + key.get<std::string>(), "is absent");
      }
    }
    for (const auto& field : value.items()) {
      const std::string at = path + "." + field.key();
      if (schema.contains("properties") && schema["properties"].contains(field.key())) {
        Check(field.value(), schema["properties"][field.key()], at);
      } else if (schema.contains("additionalProperties")) {
        Check(field.value(), schema["additionalProperties"], at);
      } else if (schema.contains("properties")) {
        Fault(at, "is not in the schema");
      }
    }
  }

  void CheckArray(const json& value, const json& schema, const std::string& path) {
    if (schema.contains("minItems") && value.size() < schema["minItems"]) Fault(path, "is too short");
    if (schema.contains("maxItems") && value.size() > schema["maxItems"]) Fault(path, "is too long");
    for (const auto& item : value) Check(item, schema.at("items"), path + "[]");
  }

  inline static const std::set<std::string> kKnown{
      "$schema", "$id",   "$defs", "$ref",    "title",    "description", "type",       "required",
      "enum",    "const", "items", "minimum", "minItems", "maxItems",    "properties", "additionalProperties"};
  const json& root_;
};

json Schema() {
  std::ifstream file(DST_LOAD_SOURCE_DIR "/docs/report.schema.json");
  REQUIRE(file);
  return json::parse(file);
}

TEST_CASE("Reports are as docs/report.schema.json says, whole and shortened", "[schema]") {
  const json schema = Schema();
  ReportFacts facts = SampleFacts();
  facts.calibration = R"({"p99Micros":2800})";
  const Report sample = Gather(facts, SampleView(), SampleVerdict());
  for (const std::size_t limit : {std::size_t{100} << 20, kDefaultSizeLimit, std::size_t{100'000}, std::size_t{1}}) {
    Checker checker(schema);
    checker.Check(json::parse(WriteReport(sample, limit)), schema, "report");
    REQUIRE(checker.faults == "");
  }
}

TEST_CASE("Any report is as docs/report.schema.json says", "[schema]") {
  const json schema = Schema();
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 50; ++round) {
    Checker checker(schema);
    checker.Check(json::parse(MakeReport(RandomFacts(random), RandomView(random), RandomVerdict(random))), schema,
                  "report");
    REQUIRE(checker.faults == "");
  }
}

TEST_CASE("The schema refuses what is no report", "[schema]") {
  const json schema = Schema();
  const json good = json::parse(WriteReport(SampleReport()));
  const auto faults = [&](const auto& spoil) {
    json bad = good;
    spoil(bad);
    Checker checker(schema);
    checker.Check(bad, schema, "report");
    return checker.faults;
  };
  REQUIRE(faults([](json&) {}) == "");
  REQUIRE(faults([](json& r) { r["schema"] = "x"; }) == "report.schema is not \"dst-load.dev/report/v1\"\n");
  REQUIRE(faults([](json& r) { r["legs"].erase("endToEnd"); }) == "report.legs.endToEnd is absent\n");
  REQUIRE(faults([](json& r) { r["counts"]["due"] = -1; }) == "report.counts.due is too small\n");
  REQUIRE(faults([](json& r) { r["legs"]["kubernetes"]["maxMicros"] = 1.5; }) ==
          "report.legs.kubernetes.maxMicros is no [\"integer\",\"null\"]\n");
  REQUIRE(faults([](json& r) { r["run"]["stage"] = "Lost"; }).find("report.run.stage is none of") == 0);
  REQUIRE(faults([](json& r) { r["verdict"]["more"] = 1; }) == "report.verdict.more is not in the schema\n");
}

}  // namespace
}  // namespace dst_load::report
