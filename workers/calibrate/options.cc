#include "workers/calibrate/options.h"

#include <algorithm>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/duration.h"
#include "workers/cli.h"

namespace dst_load::workers::calibrate {
namespace {

constexpr std::uint32_t kMostStreams = 100'000;
constexpr std::uint32_t kMostUpdates = 10'000'000;
constexpr std::uint32_t kMostServices = 10'000;
constexpr std::uint32_t kMostStreamsOfService = 10;  // unless it is told otherwise
constexpr Micros kLongest = std::chrono::hours{1};

Status CheckRange(const char* flag, std::uint32_t value, std::uint32_t most) {
  if (value >= 1 && value <= most) return {};
  return Fail(Code::kInvalid, fmt::format("{}: {} is not between 1 and {}", flag, value, most));
}

/// As many as leave every service the same number of streams, the most up to ten.
std::uint32_t ServicesFor(std::uint32_t streams, std::uint32_t asked) {
  if (asked != 0) return std::min(asked, streams);
  std::uint32_t each = std::min(kMostStreamsOfService, streams);
  while (streams % each != 0) --each;
  return streams / each;
}

Status CheckRanges(const CalibrateFlags& flags) {
  for (const std::uint32_t streams : flags.streams) {
    if (auto ok = CheckRange("--streams", streams, kMostStreams); !ok) return ok;
  }
  for (const std::uint32_t updates : flags.updates_per_second) {
    if (auto ok = CheckRange("--updates-per-second", updates, kMostUpdates); !ok) return ok;
  }
  if (flags.services > kMostServices) {
    return Fail(Code::kInvalid, fmt::format("--services: must be at most {}", kMostServices));
  }
  if (flags.threads > 256) return Fail(Code::kInvalid, "--threads: must be at most 256");
  if (flags.duration <= Micros{0} || flags.duration > kLongest) {
    return Fail(Code::kInvalid, "--duration: must be longer than 0s and at most 1h");
  }
  return {};
}

}  // namespace

void AddCalibrateFlags(CLI::App& app, CalibrateFlags& flags) {
  app.add_option("--streams", flags.streams, "How many streams to hold; a comma list makes a row each")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--updates-per-second", flags.updates_per_second,
                 "How many updates to send, of all streams together; a comma list makes a row each")
      ->delimiter(',')
      ->capture_default_str();
  AddDuration(app, "--duration", flags.duration, "How long to send for, each row");
  app.add_option("--services", flags.services,
                 "Services to deal the streams out to; a change is told to all streams of one (0: one for ten streams)")
      ->capture_default_str();
  app.add_option("--threads", flags.threads, "Threads that drive the client's streams (0: one a core, at most 2)")
      ->capture_default_str();
  app.add_flag("--json", flags.json, "Print one JSON object, schema dst-load.dev/calibration/v1, and not the table");
  app.add_flag("--null-destination", flags.null_destination)->group("");
}

Result<CalibrateOptions> CheckCalibrateFlags(const CalibrateFlags& flags, unsigned cores) {
  if (auto ok = CheckRanges(flags); !ok) return Fail(ok.error());
  CalibrateOptions options;
  options.threads = flags.threads != 0 ? flags.threads : std::clamp(cores, 1U, 2U);
  options.json = flags.json;
  for (const std::uint32_t streams : flags.streams) {
    for (const std::uint32_t updates : flags.updates_per_second) {
      const Cell cell{streams, ServicesFor(streams, flags.services), updates, flags.duration};
      if (auto ok = CheckCell(cell); !ok) return Fail(ok.error());
      options.cells.push_back(cell);
    }
  }
  return options;
}

std::vector<std::string> NullDestinationArguments(const Cell& cell) {
  return {"calibrate",
          "--null-destination",
          fmt::format("--streams={}", cell.streams),
          fmt::format("--services={}", cell.services),
          fmt::format("--updates-per-second={}", cell.updates_per_second),
          fmt::format("--duration={}", FormatDuration(cell.duration))};
}

}  // namespace dst_load::workers::calibrate
