#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "coordination/prepare_grpc.h"
#include "workers/cli.h"
#include "workers/command.h"
#include "workers/config_file.h"

using namespace dst_load;
using namespace dst_load::workers;

int main(int argc, char** argv) {
  coordination::PrepareGrpc(SystemClock());
  CLI::App app{
      "Workers of dst-load: what makes endpoints change, and what measures how a destination service tells of it",
      "dst-load-controller"};
  app.require_subcommand(1);
  app.set_version_flag("--version", DST_LOAD_VERSION);
  const std::vector<std::function<int()>> commands{AddChurnCommand(app), AddClientCommand(app),
                                                   AddReferenceCommand(app), AddReportCommand(app),
                                                   AddCalibrateCommand(app)};
  const auto subcommands = app.get_subcommands([](CLI::App*) { return true; });
  std::string level = "info";
  for (auto* subcommand : subcommands) {
    subcommand->add_option("--log-level", level, "debug, info, warn or error")
        ->envname("DST_LOAD_LOG")
        ->default_str("info");
  }
  std::string config;
  for (const char* name : {"churn", "client"}) {
    app.get_subcommand(name)->add_option("-c,--config", config, "A LoadTest file to take the flags from; flags win");
  }
  auto arguments = ReplaceConfig({argv, argv + argc});
  if (!arguments) return UsageError(arguments.error());
  // CLI11 takes them from the back, without the program's name.
  arguments->erase(arguments->begin());
  std::reverse(arguments->begin(), arguments->end());

  try {
    app.parse(*std::move(arguments));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return UsageError({Code::kInvalid, error.what()});
  }
  if (auto ok = log::SetLevel(level); !ok) return UsageError({Code::kInvalid, "--log-level: " + ok.error().message});
  for (std::size_t i = 0; i < subcommands.size(); ++i) {
    if (subcommands[i]->parsed()) return commands[i]();
  }
  return kExitUsage;
}
