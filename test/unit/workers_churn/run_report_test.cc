#include "workers/churn/run_report.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "test/support/temp_dir.h"

namespace dst_load::workers::churn {
namespace {

using namespace std::chrono_literals;

ChurnOptions Options() {
  ChurnFlags flags;
  flags.ns = "load";
  flags.pattern = "oscillate";
  flags.services = "3";
  flags.cycles = "2";
  flags.seed = "7";
  flags.coordinator_listen = ":9092";
  flags.coordinator_dir = "run";
  flags.clients = "1";
  flags.streams = "30";
  flags.report_dir = "out";
  return ParseChurnOptions(flags).value();
}

RunEnds Ends() { return {"r1", WallTime{10s}, WallTime{99s}, "1.2.3", {2, 1024, "Linux"}, R"({"cells":[]})"}; }

coordination::RunView View() {
  coordination::RunView run;
  run.facts = {true, true, 1, 1, 30, 30};
  run.facts.streams_at_end = 30;
  run.churn.marks = {{WallTime{11s}, "Creating", 0}, {WallTime{12s}, "Ready", 0}, {WallTime{20s}, "ScaleUp", 0}};
  return run;
}

TEST_CASE("The folder for the report is taken from its flag", "[churn][report]") {
  REQUIRE(Options().listen->report_dir == "out");
}

TEST_CASE("A report of a run by hand says what it was told and how it went", "[churn][report]") {
  const auto report = MakeRunReport(Options(), Ends(), View());
  const auto& facts = report.facts;
  CHECK(facts.ns == "load");
  CHECK(facts.name == "load");
  CHECK(facts.run_id == "r1");
  CHECK(facts.started == WallTime{10s});
  CHECK(facts.running == WallTime{20s});
  CHECK(facts.completed == WallTime{99s});
  CHECK(facts.version == "1.2.3");
  CHECK(facts.machine.cores == 2);
  CHECK(facts.seed == 7);
  CHECK(facts.services == 3);
  CHECK(facts.service_prefix == "test-service");
  CHECK(facts.streams == 30);
  CHECK(facts.calibration == R"({"cells":[]})");
  CHECK(report.omitted.empty());
  const auto settings = report::Flatten(facts.spec);
  const auto has = [&](const std::string& name, const std::string& value) {
    return std::find(settings.begin(), settings.end(), std::pair(name, value)) != settings.end();
  };
  CHECK(has("churn.pattern", "oscillate"));
  CHECK(has("churn.cycles", "2"));
  CHECK(has("churn.maxHold", "5m"));
  CHECK(has("client.streams", "30"));
}

TEST_CASE("A calibration that is none is refused", "[churn][report]") {
  const test_support::TempDir dir;
  CHECK(ReadCalibration(dir.Write("good.json", "{}\n")).value() == "{}\n");
  const auto refused = [](const std::string& path) { return ReadCalibration(path).error().message; };
  const std::string bad = dir.Write("bad.json", "1 ms");
  CHECK(refused(bad) == "--calibration-file: " + bad + " is no JSON object");
  CHECK(refused(dir.Path("absent")) == "--calibration-file: cannot read " + dir.Path("absent"));
}

TEST_CASE("A calibration goes with a report", "[churn][options]") {
  ChurnFlags flags;
  flags.coordinator_listen = ":9092";
  flags.coordinator_dir = "run";
  flags.clients = flags.streams = "1";
  flags.calibration_file = "c.json";
  const auto options = ParseChurnOptions(flags);
  REQUIRE_FALSE(options);
  CHECK(options.error().message == "--calibration-file: needs --report-dir");
  flags.report_dir = "out";
  CHECK(ParseChurnOptions(flags).value().listen->calibration_file == "c.json");
}

TEST_CASE("A run by hand is judged by its invariants", "[churn][report]") {
  auto run = View();
  CHECK(MakeRunReport(Options(), Ends(), run).verdict.outcome == measure::Outcome::kPass);
  run.clients.violations[0] = 1;
  CHECK(MakeRunReport(Options(), Ends(), run).verdict.outcome == measure::Outcome::kFail);
  run = View();
  run.facts.clients_concluded = 0;
  CHECK(MakeRunReport(Options(), Ends(), run).verdict.outcome == measure::Outcome::kInconclusive);
}

TEST_CASE("A run by hand tolerates no loss: nothing makes another client", "[churn][report]") {
  auto run = View();
  run.facts.clients_expected = run.facts.clients_concluded = run.facts.clients_most = 20;
  CHECK(MakeRunReport(Options(), Ends(), run).verdict.outcome == measure::Outcome::kPass);
  run.facts.clients_concluded = 19;
  run.facts.clients_lost = 1;
  CHECK(MakeRunReport(Options(), Ends(), run).verdict.outcome == measure::Outcome::kInconclusive);
}

TEST_CASE("A run by hand leaves JSON, JUnit and HTML", "[churn][report]") {
  const test_support::TempDir dir;
  REQUIRE(WriteRunReport(dir.Path(""), MakeRunReport(Options(), Ends(), View())));
  const auto read = [&](const char* name) {
    std::ifstream file(dir.Path(name));
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  REQUIRE(report::ReadReport(read("report.json")));
  CHECK(read("junit.xml").find("<testsuite name=\"load/load\"") != std::string::npos);
  CHECK(read("report.html").find("<!DOCTYPE html>") == 0);
  const auto failed = WriteRunReport(dir.Path("absent"), MakeRunReport(Options(), Ends(), View()));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message.find("write " + dir.Path("absent/report.json") + ": ") == 0);
}

}  // namespace
}  // namespace dst_load::workers::churn
