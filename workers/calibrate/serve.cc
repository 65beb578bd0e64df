// The null destination's side of ServerProcess.
#include <sys/resource.h>

#include <cstdio>
#include <iostream>
#include <string>

#include <fmt/format.h>

#include "base/log.h"
#include "workers/calibrate/null_destination.h"
#include "workers/calibrate/process_cpu.h"
#include "workers/calibrate/server_process.h"
#include "workers/cli.h"

namespace dst_load::workers::calibrate {
namespace {

void Say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

}  // namespace

int ServeNullDestination(const Cell& cell, const Clock& clock) {
  auto destination = NullDestination::Create(cell, clock);
  if (!destination) {
    log::Err("no null destination", {{"error", destination.error().message}});
    return kExitFailed;
  }
  Say(fmt::format("port {}", (*destination)->Port()));
  for (std::string line; std::getline(std::cin, line);) {
    long long start = 0;
    if (std::sscanf(line.c_str(), "play %lld", &start) != 1) return kExitFailed;
    const Micros before = ProcessCpu();
    (*destination)->Play(WallTime{Micros{start}});
    const auto& lag = (*destination)->SendLag();
    const auto at = [&](double q) { return lag.Quantile(q).value_or(Micros{0}).count(); };
    Say(fmt::format("sent {} {} {} {} {}", lag.Count(), at(0.5), at(0.99), lag.Max().value_or(Micros{0}).count(),
                    (ProcessCpu() - before).count()));
  }
  return kExitDone;
}

}  // namespace dst_load::workers::calibrate
