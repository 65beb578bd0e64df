#include "workers/churn/prometheus_text.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

namespace dst_load::workers::churn {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

struct Read {
  PrometheusPage page;
  std::vector<PrometheusSample> samples;
};

Read ReadAll(std::string_view text) {
  Read read;
  read.page = ReadPrometheusText(text, [&](const PrometheusSample& sample) { read.samples.push_back(sample); });
  CHECK(read.page.samples == read.samples.size());
  return read;
}

PrometheusSample Only(std::string_view text) {
  const Read read = ReadAll(text);
  INFO(text);
  REQUIRE(read.samples.size() == 1);
  CHECK(read.page.unreadable == 0);
  return read.samples[0];
}

TEST_CASE("A page is read sample by sample, comments and types are read over", "[prometheus]") {
  const Read read = ReadAll(
      "# HELP go_goroutines Number of goroutines that currently exist.\n"
      "# TYPE go_goroutines gauge\n"
      "go_goroutines 128\n"
      "\n"
      "#bare comment\n"
      "endpoints_subscribers{namespace=\"a\",service=\"b\"} 7\n"
      "process_resident_memory_bytes 1.31072e+08");
  CHECK(read.page.unreadable == 0);
  REQUIRE(read.samples.size() == 3);
  CHECK(read.samples[0].name == "go_goroutines");
  CHECK(read.samples[0].labels.empty());
  CHECK(read.samples[0].value == 128);
  CHECK(read.samples[1].labels == Labels{{"namespace", "a"}, {"service", "b"}});
  CHECK(read.samples[2].value == 131072000);
}

TEST_CASE("Timestamps, blanks, a comma at the end and line ends of Windows do no harm", "[prometheus]") {
  for (const char* line : {"a 1 1395066363000", "a 1 -3982045", "  a\t1  ", "a{} 1", "a{ } 1\r\n", "a 1\r\n"}) {
    const auto sample = Only(line);
    CHECK(sample.name == "a");
    CHECK(sample.labels.empty());
    CHECK(sample.value == 1);
  }
  for (const char* line : {"a{b=\"c\",} 1", "a { b = \"c\" } 1", "a{b=\"c\"}1"}) {
    CHECK(Only(line).labels == Labels{{"b", "c"}});
  }
}

TEST_CASE("The values of labels are given without their escapes", "[prometheus]") {
  CHECK(Only(R"(a{path="C:\\DIR\\",error="no \"x\"\nhere",odd="\q"} 1)").labels ==
        Labels{{"path", R"(C:\DIR\)"}, {"error", "no \"x\"\nhere"}, {"odd", "q"}});
  CHECK(Only(R"(a{b="},{ # 1"} 2)").labels == Labels{{"b", "},{ # 1"}});
}

TEST_CASE("Values may be infinite, not a number, signed and with an exponent", "[prometheus]") {
  CHECK(std::isnan(Only("a NaN").value));
  CHECK(Only("a +Inf").value == std::numeric_limits<double>::infinity());
  CHECK(Only("a -Inf").value == -std::numeric_limits<double>::infinity());
  CHECK(Only("a -1.5e-3").value == -0.0015);
  CHECK(Only("a +2").value == 2);
}

TEST_CASE("A line that is not understood is counted, and the next one is read", "[prometheus]") {
  for (const char* line : {"a", "a{", "a{b", "a{b=", "a{b=\"c", "a{b=\"c\\", "a{b=\"c\" 1", "a{=\"c\"} 1", "a one",
                           "a 1 soon", "a 1 2 3", "9a 1", "{} 1", "<html>", "a ++1", "a{b=\"c\"d=\"e\"} 1"}) {
    INFO(line);
    const Read read = ReadAll(std::string(line) + "\nb 2\n");
    CHECK(read.page.unreadable == 1);
    REQUIRE(read.samples.size() == 1);
    CHECK(read.samples[0].name == "b");
  }
}

TEST_CASE("An empty page holds nothing", "[prometheus]") {
  CHECK(ReadAll("").samples.empty());
  CHECK(ReadAll("\n\n# EOF\n").page.unreadable == 0);
}

}  // namespace
}  // namespace dst_load::workers::churn
