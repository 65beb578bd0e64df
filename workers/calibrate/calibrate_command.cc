#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "base/log.h"
#include "workers/calibrate/options.h"
#include "workers/calibrate/processor.h"
#include "workers/calibrate/result.h"
#include "workers/calibrate/run_cell.h"
#include "workers/calibrate/server_process.h"
#include "workers/cli.h"
#include "workers/command.h"
#include "workers/run_signal.h"

namespace dst_load::workers {
namespace {

using namespace calibrate;

int Run(const CalibrateFlags& flags) {
  const auto options = CheckCalibrateFlags(flags, std::thread::hardware_concurrency());
  if (!options) return UsageError(options.error());
  const Clock& clock = SystemClock();
  if (flags.null_destination) return ServeNullDestination(options->cells.front(), clock);

  std::signal(SIGPIPE, SIG_IGN);  // a server that dies is an error of its cell's
  const RunSignal signal;
  Calibration calibration{
      ThisMachine(), ProcessorModel(), LoadAverage(), clock.Wall(), DST_LOAD_VERSION, options->threads, {}};
  for (const Cell& cell : options->cells) {
    auto result = RunCell(cell, options->threads, clock, signal.Token());
    if (!result) {
      log::Err("calibration failed", {{"streams", std::to_string(cell.streams)},
                                      {"updatesPerSecond", std::to_string(cell.updates_per_second)},
                                      {"error", result.error().message}});
      return kExitFailed;
    }
    calibration.cells.push_back(std::move(*result));
  }
  std::puts((options->json ? RenderJson(calibration) : RenderTable(calibration)).c_str());
  std::fflush(stdout);
  return kExitDone;
}

}  // namespace

std::function<int()> AddCalibrateCommand(CLI::App& app) {
  auto flags = std::make_shared<CalibrateFlags>();
  auto* command = app.add_subcommand("calibrate", "Measure what the client itself adds to a latency");
  AddCalibrateFlags(*command, *flags);
  return [flags] { return Run(*flags); };
}

}  // namespace dst_load::workers
