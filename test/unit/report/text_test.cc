#include "report/text.h"

#include <catch2/catch.hpp>

#include "report/figure_text.h"
#include "sample.h"

namespace dst_load::report {
namespace {

bool Has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Runs of blanks as one: how wide columns are depends on every cell.
std::string Squeezed(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' || (!out.empty() && out.back() != ' ' && out.back() != '\n')) out += c;
  }
  return out;
}

TEST_CASE("The text of a report says what became of the run", "[text]") {
  const std::string text = Squeezed(RenderText(SampleReport()));
  INFO(text);
  REQUIRE(text.find("load/oscillate: Fail\n") == 0);
  REQUIRE(Has(text, "\nstreamTimeoutPercent 0.5% 0.889% Fail\n"));
  REQUIRE(Has(text, "\nno_flap 2\n"));
  REQUIRE(Has(text, "removed 10.42.0.17:8080"));
  REQUIRE(Has(text, "\nupdates due 1,140,000\n"));
  REQUIRE(Has(text, "\nserver: shutdown 9\n"));
  REQUIRE(Has(text, "Absent from its metrics: subscribers, views, send timeouts."));
  REQUIRE(Has(text, "\nchurn.cycles 3\n"));
  REQUIRE_FALSE(Has(text, "Left out"));
}

TEST_CASE("What was left out and what could not be told apart is said", "[text]") {
  Report report = SampleReport();
  report.omitted = {"services.buckets", "timeline"};
  report.endings.overflow = report.endings.shutdown = std::nullopt;
  const std::string text = RenderText(report);
  REQUIRE(Has(text, "Left out of this report: services.buckets, timeline.\n"));
  REQUIRE(Has(text, "server: overflow or shutdown"));
}

TEST_CASE("Services have their names, and an index where none is known", "[text]") {
  Report report = SampleReport();
  REQUIRE(Has(RenderText(report), "\n  test-service-10  "));
  REQUIRE_FALSE(Has(RenderText(report), "\n  index "));
  report.facts.service_prefix.clear();
  REQUIRE(Has(RenderText(report), "\n  index 9  "));
}

TEST_CASE("A calibration is a table of loads", "[text]") {
  Report report;
  report.facts.calibration =
      R"({"schema":"dst-load.dev/calibration/v1","version":"0.1.0","time":"2026-11-26T12:00:00Z","cells":[)"
      R"({"streams":1000,"updatesPerSecondWanted":10000,"updatesPerSecond":9999.7,"added":{"p50Micros":240,)"
      R"("p99Micros":2800,"p999Micros":5100,"maxMicros":9000}},)"
      R"({"streams":10000,"updatesPerSecondWanted":100000,"updatesPerSecond":61000,"noResult":"not reached"},7]})";
  const std::string text = Squeezed(RenderText(report));
  INFO(text);
  REQUIRE(Has(text, "\n1,000 10,000 10,000 240us 2.8ms 5.1ms 9ms\n"));
  REQUIRE(Has(text, "\n10,000 100,000 61,000 - - - - not reached\n"));
  REQUIRE(Has(text, "\n- - - - - - -\n"));
  report.facts.calibration = R"({"other":{"p99Micros":1}})";
  REQUIRE(Has(Squeezed(RenderText(report)), "\nother.p99Micros 1\n"));
}

TEST_CASE("Columns are aligned, whatever they hold", "[text]") {
  Report report;
  report.verdict.criteria = {{"é", "1", "±2", measure::Outcome::kPass},
                             {"longer", "100", "3", measure::Outcome::kFail}};
  REQUIRE(Has(RenderText(report),
              "\n  criterion  limit  measured  result\n  é          1      ±2        Pass\n"
              "  longer     100    3         Fail\n"));
}

TEST_CASE("Names cannot steer a terminal or break a line", "[text]") {
  Report report;
  report.facts.name = "x\x1B[31m\ny";
  REQUIRE(RenderText(report).find("/x [31m y: Inconclusive\n") == 0);
}

TEST_CASE("An empty report has a text", "[text]") {
  const std::string text = RenderText(Gather({}, {}, {}));
  REQUIRE(Has(text, "Not asked for its metrics"));
  REQUIRE(Has(text, "kubernetes        0    -    -"));
}

TEST_CASE("Figures are written for people", "[text]") {
  REQUIRE(CountText(0) == "0");
  REQUIRE(CountText(999) == "999");
  REQUIRE(CountText(1000) == "1,000");
  REQUIRE(CountText(1234567) == "1,234,567");
  REQUIRE(BytesText(512) == "512 B");
  REQUIRE(BytesText(1024) == "1 KiB");
  REQUIRE(BytesText(1023.9 * 1024) == "1 MiB");
  REQUIRE(BytesText(1.5 * (1 << 30)) == "1.5 GiB");
  REQUIRE(BytesText(350.4 * (1 << 20)) == "350 MiB");
  REQUIRE(NumberText(0) == "0");
  REQUIRE(NumberText(0.25) == "0.25");
  REQUIRE(NumberText(-0.5) == "-0.5");
  REQUIRE(NumberText(1234.5) == "1,235");
  REQUIRE(NumberText(12.3456) == "12.346");
  REQUIRE(NumberText(0.99999) == "1");
  REQUIRE(FigureText("cpu_cores", 0.25) == "0.25 cores");
  REQUIRE(FigureText("memory_bytes", 1 << 20) == "1 MiB");
  REQUIRE(FigureText("goroutines", 1200) == "1,200");
}

}  // namespace
}  // namespace dst_load::report
