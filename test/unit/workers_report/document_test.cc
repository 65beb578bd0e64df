#include "workers/report/document.h"

#include <catch2/catch.hpp>

namespace dst_load::workers {
namespace {

const std::string kReport = R"({"schema":"x","name":"a \"b\""})";

TEST_CASE("A report by itself is taken as it is", "[document]") {
  REQUIRE(ExtractReport(kReport) == kReport);
  REQUIRE(ExtractReport("[]") == "[]");
}

TEST_CASE("A report is found in a ConfigMap in JSON", "[document]") {
  const std::string map = R"({"apiVersion":"v1","kind":"ConfigMap","data":{"junit.xml":"<x/>",)"
                          R"("report.json":"{\"schema\":\"x\",\"name\":\"a \\\"b\\\"\"}"}})";
  REQUIRE(ExtractReport(map) == kReport);
}

TEST_CASE("A report is found in a ConfigMap in YAML", "[document]") {
  REQUIRE(ExtractReport("apiVersion: v1\nkind: ConfigMap\ndata:\n  junit.xml: x\n  report.json: '" + kReport + "'\n") ==
          kReport);
  REQUIRE(ExtractReport("apiVersion: v1\ndata:\n  report.json: |\n    " + kReport + "\nkind: ConfigMap\n") ==
          kReport + "\n");
}

TEST_CASE("Documents without a report are refused, saying why", "[document]") {
  const auto refused = [](const std::string& text) {
    const auto found = ExtractReport(text);
    REQUIRE_FALSE(found);
    REQUIRE(IsInvalid(found.error()));
    return found.error().message;
  };
  REQUIRE(refused(R"({"kind":"Secret","data":{"report.json":"x"}})") ==
          "read report: a Secret holds none, only a ConfigMap does");
  REQUIRE(refused("kind: LoadTest\n") == "read report: a LoadTest holds none, only a ConfigMap does");
  REQUIRE(refused(R"({"kind":"ConfigMap","data":{"junit.xml":"x"}})") ==
          "read report: the ConfigMap has no key report.json");
  REQUIRE(refused(R"({"kind":"ConfigMap"})") == "read report: the ConfigMap has no key report.json");
  REQUIRE(refused(R"({"kind":"ConfigMap","data":7})") == "read report: the ConfigMap has no key report.json");
  REQUIRE(refused("kind: ConfigMap\n") == "read report: the ConfigMap has no key report.json");
  REQUIRE(refused("") == "read report: it is neither a report nor a ConfigMap");
  REQUIRE(refused("just text") == "read report: it is neither a report nor a ConfigMap");
  REQUIRE(refused("a: [").find("read report: it is neither JSON nor YAML: ") == 0);
  REQUIRE(refused("kind: [ConfigMap]\n").find("read report: ") == 0);
}

}  // namespace
}  // namespace dst_load::workers
