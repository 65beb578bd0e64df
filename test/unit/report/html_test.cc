#include "report/html.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "sample.h"
#include "xml_check.h"

namespace dst_load::report {
namespace {

bool Has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// What an element of that name, the n-th, holds directly; "" when there is none.
std::vector<std::string> TextsOf(const XmlText& xml, const std::string& name) {
  std::vector<std::string> texts;
  for (const auto& element : xml.elements) {
    if (element.name == name) texts.push_back(element.text);
  }
  return texts;
}

TEST_CASE("The page shows verdict, criteria and every plot", "[html]") {
  const std::string page = RenderHtml(SampleReport());
  const auto xml = ReadXml(page);
  REQUIRE(xml.fault == "");
  REQUIRE(TextsOf(xml, "title").at(0) == "load/oscillate: Fail");
  REQUIRE(TextsOf(xml, "h3") == std::vector<std::string>{"Latency over time", "Latency by quantile", "Endpoints",
                                                         "Updates", "Memory of the destination service",
                                                         "CPU of the destination service"});
  REQUIRE(Has(page, "streamTimeoutPercent"));
  REQUIRE(Has(page, "removed 10.42.0.17:8080"));
  REQUIRE(Has(page, "held: all streams&#39; endpoints / 100 streams a service"));
  REQUIRE(Has(page, "Absent from its metrics: subscribers, views, send timeouts."));
  REQUIRE_FALSE(Has(page, "no samples"));
  REQUIRE_FALSE(Has(page, "nan"));
}

TEST_CASE("The page needs nothing from anywhere", "[html]") {
  const auto xml = ReadXml(RenderHtml(SampleReport()));
  for (const auto& element : xml.elements) {
    REQUIRE(element.name != "script");
    REQUIRE(element.name != "link");
    REQUIRE(element.name != "img");
    REQUIRE(element.attributes.count("src") == 0);
    REQUIRE(element.attributes.count("href") == 0);
  }
}

TEST_CASE("Scale events are marked in the latency plot, labels do not touch", "[html]") {
  const auto xml = ReadXml(RenderHtml(SampleReport()));
  std::vector<std::pair<double, std::string>> labels;  // of the first plot
  bool first = false;
  for (const auto& element : xml.elements) {
    if (element.name == "h3") first = element.text == "Latency over time";
    const auto style = element.attributes.find("class");
    if (!first || element.name != "text" || style == element.attributes.end() || style->second != "mark") continue;
    labels.emplace_back(std::stod(element.attributes.at("x")), element.text);
  }
  REQUIRE(std::count_if(labels.begin(), labels.end(), [](const auto& l) { return l.second == "ScaleUp"; }) == 3);
  REQUIRE(std::count_if(labels.begin(), labels.end(), [](const auto& l) { return l.second == "ScaleDown"; }) == 3);
  std::sort(labels.begin(), labels.end());
  for (std::size_t i = 1; i < labels.size(); ++i) {
    REQUIRE(labels[i].first - labels[i - 1].first > 6.4 * static_cast<double>(labels[i - 1].second.size()));
  }
}

TEST_CASE("Steps that would hide the data are counted instead of drawn", "[html]") {
  Report report = SampleReport();
  const auto first = report.run.churn.marks.front();
  const auto lines = [&](int scale_events) {
    report.run.churn.marks.clear();
    const Micros apart = Micros{350'000'000} / scale_events;
    for (int i = 0; i < scale_events; ++i) {
      report.run.churn.marks.push_back({first.at + i * apart, "ScaleUp", 0});
      report.run.churn.marks.push_back({first.at + i * apart + apart / 2, "HoldMax", 0});
    }
    return RenderHtml(report);
  };
  REQUIRE(Has(lines(25), "class=\"mark minor\""));
  REQUIRE(Has(lines(50), "class=\"mark\""));
  REQUIRE_FALSE(Has(lines(50), "class=\"mark minor\""));
  REQUIRE_FALSE(Has(lines(100), "class=\"mark\""));
  REQUIRE(Has(lines(100), "Its 200 steps are too many to be marked."));
}

TEST_CASE("A run without samples has a page that says so", "[html]") {
  const std::string page = RenderHtml(Gather({}, {}, {}));
  REQUIRE(ReadXml(page).fault == "");
  REQUIRE(Has(page, "no samples"));
  REQUIRE(Has(page, "No criteria were given."));
  REQUIRE(Has(page, "Not asked for its metrics"));
  REQUIRE_FALSE(Has(page, "Memory of the destination service"));
  REQUIRE(Has(page, "No plot of the destination service&#39;s memory and CPU: no URL of its metrics was given."));
}

TEST_CASE("A figure that the destination did not tell is named in place of its plot", "[html]") {
  Report report = SampleReport();
  report.run.churn.destination.figures.erase(std::string(measure::DestinationMetrics::kCpu));
  const std::string page = RenderHtml(report);
  REQUIRE(Has(page, "No plot of the destination service&#39;s CPU: its metrics do not hold it."));
  REQUIRE(Has(page, "Memory of the destination service"));
}

TEST_CASE("Plots that were left out say so", "[html]") {
  const Report shortened = ReadReport(WriteReport(SampleReport(), 1)).value();
  const std::string page = RenderHtml(shortened);
  REQUIRE(Has(page, "left out of this report"));
  REQUIRE_FALSE(Has(page, "no samples"));
}

TEST_CASE("Without the number of services, what is held is not set against the truth", "[html]") {
  Report report = SampleReport();
  report.facts.services = 0;
  report.run.clients.services.clear();
  const std::string page = RenderHtml(report);
  REQUIRE(Has(page, "endpoints in all streams&#39; sets together"));
  REQUIRE_FALSE(Has(page, "ready in Kubernetes"));
}

TEST_CASE("Text from users is no markup", "[html]") {
  Report report = SampleReport();
  report.facts.name = "<script>alert(1)</script>";
  report.run.offences = {"<b>\"&"};
  report.run.churn.marks.front().step = "<i>Scale'";
  const std::string page = RenderHtml(report);
  REQUIRE_FALSE(Has(page, "<script>"));
  REQUIRE_FALSE(Has(page, "<b>\""));
  REQUIRE_FALSE(Has(page, "<i>"));
}

TEST_CASE("The page of any report is well-formed", "[html]") {
  const auto seed = RandomSeed();
  INFO("seed " << seed);
  Random random(seed);
  for (int round = 0; round < 100; ++round) {
    const std::string page = RenderHtml(Gather(RandomFacts(random), RandomView(random), RandomVerdict(random)));
    REQUIRE(ReadXml(page).fault == "");
    REQUIRE_FALSE(Has(page, "\"nan"));
    REQUIRE_FALSE(Has(page, "inf "));
  }
}

}  // namespace
}  // namespace dst_load::report
