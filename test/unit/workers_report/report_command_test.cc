#include <CLI/CLI.hpp>

#include <filesystem>

#include <catch2/catch.hpp>

#include "report/report.h"
#include "test/support/temp_dir.h"
#include "workers/cli.h"
#include "workers/command.h"

namespace dst_load::workers {
namespace {

using measure::Outcome;

/// A folder with a report of that verdict.
struct Desk {
  explicit Desk(Outcome outcome) {
    measure::Verdict verdict;
    verdict.outcome = outcome;
    path = files.Write("report.json", report::MakeReport({}, {}, verdict));
  }
  /// The exit code of `report` with these arguments, and where it wrote.
  int Run(const std::vector<std::string>& more) {
    CLI::App app;
    const auto command = AddReportCommand(app);
    std::vector<std::string> arguments{"report", path, "--output", Output()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
    return command();
  }
  std::string Output() const { return files.Path("out"); }
  bool Wrote() const { return std::filesystem::exists(Output()); }

  test_support::TempDir files;
  std::string path;
};

TEST_CASE("The exit code of report is the verdict, and the report is written whatever it is", "[report-command]") {
  const auto [outcome, code] = GENERATE(table<Outcome, int>(
      {{Outcome::kPass, kExitDone}, {Outcome::kFail, kExitBreached}, {Outcome::kInconclusive, kExitFailed}}));
  const std::string format = GENERATE("text", "html", "junit", "json");
  INFO(measure::OutcomeName(outcome) << " as " << format);
  Desk desk(outcome);
  CHECK(desk.Run({"--format", format}) == code);
  CHECK(desk.Wrote());
}

TEST_CASE("With --exit-zero no verdict is an error, but no report is", "[report-command]") {
  const Outcome outcome = GENERATE(Outcome::kPass, Outcome::kFail, Outcome::kInconclusive);
  Desk desk(outcome);
  CHECK(desk.Run({"--exit-zero"}) == kExitDone);
  CHECK(desk.Wrote());
  Desk broken(outcome);
  broken.files.Write("report.json", "{}");
  CHECK(broken.Run({"--exit-zero"}) == kExitFailed);
  CHECK_FALSE(broken.Wrote());
}

}  // namespace
}  // namespace dst_load::workers
