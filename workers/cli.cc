#include "workers/cli.h"

#include <charconv>
#include <cstdio>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/brace.h"
#include "base/duration.h"

namespace dst_load::workers {
namespace {

CLI::Option* AddDurationOption(CLI::App& app, const std::string& flag, const std::string& help,
                               std::function<void(Micros)> set) {
  return app
      .add_option_function<std::string>(
          flag,
          [flag, set = std::move(set)](const std::string& text) {
            const auto span = ParseDuration(text);
            if (!span) throw CLI::ValidationError(flag, span.error().message);
            set(*span);
          },
          help)
      ->type_name("DURATION");
}

// "a,{b,c}" -> "a", "{b,c}".
std::vector<std::string> SplitOutsideBraces(const std::string& text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : text) {
    if (c == ',' && depth == 0) {
      parts.emplace_back();
      continue;
    }
    if (c == '{') ++depth;
    if (c == '}' && depth > 0) --depth;
    parts.back() += c;
  }
  return parts;
}

}  // namespace

CLI::Option* AddDuration(CLI::App& app, const std::string& flag, Micros& value, const std::string& help) {
  return AddDurationOption(app, flag, help, [&value](Micros span) { value = span; })
      ->default_str(FormatDuration(value));
}

CLI::Option* AddDuration(CLI::App& app, const std::string& flag, std::optional<Micros>& value,
                         const std::string& help) {
  return AddDurationOption(app, flag, help, [&value](Micros span) { value = span; });
}

void AddCoordinationFlags(CLI::App& app, CoordinationFlags& flags) {
  const std::string group = "Coordination";
  app.add_option("--coordinator", flags.address, "The coordinator to attach to, HOST:PORT; none: work alone")
      ->group(group);
  app.add_option("--coordinator-dir", flags.dir, "Folder that holds the coordinator's ca.crt and the run's token")
      ->group(group);
  app.add_option("--run-id", flags.run_id, "The run to take part in")->envname("RUN_ID")->group(group);
  app.add_option("--pod-name", flags.pod, "Name of this Pod, for people")->envname("POD_NAME")->group(group);
}

Status CheckCoordinationFlags(const CoordinationFlags& flags) {
  if (flags.address.empty()) {
    if (!flags.dir.empty()) return Fail(Code::kInvalid, "--coordinator-dir: needs --coordinator");
    return {};
  }
  if (auto ok = CheckHostPort("--coordinator", flags.address); !ok) return ok;
  if (flags.dir.empty()) return Fail(Code::kInvalid, "--coordinator: needs --coordinator-dir");
  if (flags.run_id.empty()) return Fail(Code::kInvalid, "--coordinator: needs --run-id");
  return {};
}

Result<std::vector<std::string>> ExpandList(const std::string& flag, const std::vector<std::string>& values) {
  std::vector<std::string> out;
  for (const auto& value : values) {
    for (const auto& part : SplitOutsideBraces(value)) {
      auto expanded = ExpandBraces(part);
      if (!expanded) return Fail(Code::kInvalid, fmt::format("{}: {}", flag, expanded.error().message));
      for (auto& text : *expanded) {
        if (text.empty()) return Fail(Code::kInvalid, fmt::format("{}: an empty name in \"{}\"", flag, value));
        out.push_back(std::move(text));
      }
    }
  }
  return out;
}

Status CheckHostPort(const std::string& flag, const std::string& value, bool any_host) {
  const auto colon = value.rfind(':');
  if (colon == std::string::npos || (colon == 0 && !any_host)) {
    return Fail(Code::kInvalid, fmt::format("{}: \"{}\" is not HOST:PORT", flag, value));
  }
  unsigned port = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, failure] = std::from_chars(value.data() + colon + 1, end, port);
  if (failure != std::errc{} || stop != end || port == 0 || port > 65535) {
    return Fail(Code::kInvalid, fmt::format("{}: \"{}\" has no port of 1 to 65535", flag, value));
  }
  return {};
}

int UsageError(const Error& error) {
  fmt::print(stderr, "dst-load-controller: {}\nRun with --help for more information.\n", error.message);
  return kExitUsage;
}

}  // namespace dst_load::workers
