#include "report/junit.h"

#include <catch2/catch.hpp>

#include "sample.h"
#include "xml_check.h"

namespace dst_load::report {
namespace {

using measure::Outcome;

/// The cases by "classname/name", with the name of what they hold: "" for a pass.
std::map<std::string, XmlElement> CasesOf(const XmlText& xml) {
  std::map<std::string, XmlElement> cases;
  std::string open;
  for (const auto& element : xml.elements) {
    if (element.name == "testcase") {
      open = element.attributes.at("classname") + "/" + element.attributes.at("name");
      REQUIRE(cases.emplace(open, XmlElement{}).second);
    } else if (element.depth == 3 && !open.empty()) {
      cases[open] = element;
    }
  }
  return cases;
}

XmlText Read(const std::string& text) {
  auto xml = ReadXml(text);
  INFO(text);
  REQUIRE(xml.fault == "");
  return xml;
}

TEST_CASE("Criteria and invariants are the cases of a JUnit suite", "[junit]") {
  const Report report = SampleReport();
  const auto xml = Read(MakeJUnit(report));
  const auto cases = CasesOf(xml);
  REQUIRE(cases.size() == 1 + report.verdict.criteria.size() + measure::kInvariantCount);
  REQUIRE(cases.at("run/verdict").name == "failure");
  REQUIRE(cases.at("criteria/endToEnd.p99").name == "");
  REQUIRE(cases.at("criteria/streamTimeoutPercent").name == "failure");
  REQUIRE(cases.at("criteria/streamTimeoutPercent").attributes.at("message") == "0.889% measured, 0.5% allowed");
  REQUIRE(cases.at("invariants/no_flap").name == "failure");
  REQUIRE(cases.at("invariants/no_flap").text.find("10.42.0.17:8080") != std::string::npos);
  REQUIRE(cases.at("invariants/converged").name == "");
  REQUIRE(cases.count("criteria/endToEnd.p50") == 0);

  const auto& suite = xml.elements.at(1);
  REQUIRE(suite.name == "testsuite");
  REQUIRE(suite.attributes.at("name") == "load/oscillate");
  REQUIRE(suite.attributes.at("tests") == std::to_string(cases.size()));
  REQUIRE(suite.attributes.at("failures") == "4");  // the verdict, timeouts, invariants, no_flap
  REQUIRE(suite.attributes.at("errors") == "0");
  REQUIRE(suite.attributes.at("time") == "364.000000");
  REQUIRE(suite.attributes.at("timestamp") == "2026-11-26T12:00:00");
  std::map<std::string, std::string> properties;
  for (const auto& element : xml.elements) {
    if (element.name == "property") properties[element.attributes.at("name")] = element.attributes.at("value");
  }
  REQUIRE(properties.at("runID") == "3f2c9d1e");
  REQUIRE(properties.at("seed") == "42");
  REQUIRE(properties.at("verdict") == "Fail");
}

TEST_CASE("A run that was not measured is an error even when every criterion holds", "[junit]") {
  measure::Verdict verdict{Outcome::kInconclusive, "ClientsLost", "only 1 of 2 clients delivered", {}};
  verdict.criteria.push_back({"destination.p99", "1s", "no samples", Outcome::kInconclusive});
  const auto xml = Read(MakeJUnit(ReportFacts{}, coordination::RunView{}, verdict));
  const auto cases = CasesOf(xml);
  REQUIRE(cases.at("run/verdict").name == "error");
  REQUIRE(cases.at("run/verdict").attributes.at("message") == "only 1 of 2 clients delivered");
  REQUIRE(cases.at("criteria/destination.p99").name == "error");
  REQUIRE(xml.elements.at(1).attributes.at("errors") == "2");
}

TEST_CASE("Violations that do not judge the run are skipped cases", "[junit]") {
  coordination::RunView view;
  view.clients.violations[0] = 7;
  const auto xml = Read(MakeJUnit(ReportFacts{}, view, {Outcome::kPass, "CriteriaMet", "", {}}));
  const auto cases = CasesOf(xml);
  REQUIRE(cases.at("run/verdict").name == "");
  REQUIRE(cases.at("invariants/converged").name == "skipped");
  REQUIRE(xml.elements.at(1).attributes.at("failures") == "0");
  REQUIRE(xml.elements.at(1).attributes.at("skipped") == "1");
}

TEST_CASE("JUnit of any report is well-formed", "[junit]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    measure::Verdict verdict = RandomVerdict(random);
    const auto xml = ReadXml(MakeJUnit(RandomFacts(random), RandomView(random), verdict));
    REQUIRE(xml.fault == "");
  }
}

}  // namespace
}  // namespace dst_load::report
