#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "base/log.h"
#include "report/html.h"
#include "report/junit.h"
#include "report/report.h"
#include "report/text.h"
#include "workers/cli.h"
#include "workers/command.h"
#include "workers/output_file.h"
#include "workers/report/document.h"

namespace dst_load::workers {
namespace {

struct ReportFlags {
  std::string file;
  std::string format = "text";
  std::string output = "-";
  bool exit_zero = false;
};

constexpr std::size_t kLargest = 256 << 20;

Result<std::string> ReadAll(const std::string& path) {
  const bool standard_input = path == "-";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(
      standard_input ? nullptr : std::fopen(path.c_str(), "rb"), [](std::FILE* file) { return std::fclose(file); });
  std::FILE* file = standard_input ? stdin : opened.get();
  const std::string name = standard_input ? "standard input" : path;
  if (file == nullptr) return Fail(Code::kNotFound, fmt::format("read {}: {}", name, std::strerror(errno)));
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, file)) {
    text.append(buffer, count);
    if (text.size() > kLargest) return Fail(Code::kInvalid, fmt::format("read {}: too large for a report", name));
  }
  if (std::ferror(file) != 0) return Fail(Code::kInvalid, fmt::format("read {}: {}", name, std::strerror(errno)));
  return text;
}

std::string Rendered(const std::string& format, const std::string& json, const report::Report& report) {
  if (format == "html") return report::RenderHtml(report);
  if (format == "junit") return report::MakeJUnit(report);
  if (format == "json") return json + (json.empty() || json.back() != '\n' ? "\n" : "");
  return report::RenderText(report);
}

Status Print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
  return Fail(Code::kUnavailable, fmt::format("write standard output: {}", std::strerror(errno)));
}

/// What the rendered report says. Errors: there was none to be read, or it could not be written.
Result<measure::Outcome> Render(const ReportFlags& flags) {
  const auto document = ReadAll(flags.file);
  if (!document) return Fail(document.error());
  const auto json = ExtractReport(*document);
  if (!json) return Fail(json.error());
  const auto report = report::ReadReport(*json);
  if (!report) return Fail(report.error());
  const std::string text = Rendered(flags.format, *json, *report);
  if (auto ok = flags.output == "-" ? Print(text) : WriteOutputFile(flags.output, text); !ok) return Fail(ok.error());
  return report->verdict.outcome;
}

int ExitCodeOf(measure::Outcome outcome) {
  switch (outcome) {
    case measure::Outcome::kPass:
      return kExitDone;
    case measure::Outcome::kFail:
      return kExitBreached;
    case measure::Outcome::kInconclusive:
      return kExitFailed;
  }
  return kExitFailed;
}

int Run(const ReportFlags& flags) {
  const auto outcome = Render(flags);
  if (outcome) return flags.exit_zero ? kExitDone : ExitCodeOf(*outcome);
  log::Err("report failed", {{"error", outcome.error().message}});
  return kExitFailed;
}

}  // namespace

std::function<int()> AddReportCommand(CLI::App& app) {
  const auto flags = std::make_shared<ReportFlags>();
  auto* command =
      app.add_subcommand("report", "Render a run's report as text, HTML or JUnit XML; the exit code is its verdict");
  command
      ->add_option("FILE", flags->file,
                   "The report, or the ConfigMap that holds it as kubectl prints it (json, yaml); -: standard input")
      ->required();
  command->add_option("--format", flags->format, "text, html, junit or json")
      ->default_str("text")
      ->check(CLI::IsMember({"text", "html", "junit", "json"}));
  command->add_option("-o,--output", flags->output, "Where to write it; -: standard output")
      ->type_name("PATH")
      ->default_str("-");
  command->add_flag("--exit-zero", flags->exit_zero,
                    "Exit with 0 whatever the verdict; otherwise 3 for Fail, 1 for Inconclusive");
  return [flags] { return Run(*flags); };
}

}  // namespace dst_load::workers
