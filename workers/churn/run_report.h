#pragma once

#include <optional>
#include <string>

#include "report/report.h"
#include "workers/churn/options.h"

namespace dst_load::workers::churn {

/// What the process knows of its run beside what it was told and what its coordinator merged.
struct RunEnds {
  std::string run_id;
  WallTime started{};
  WallTime completed{};
  std::string version;
  Machine machine;
  std::string calibration;  ///< a JSON object; empty: none
};

/// What --calibration-file holds. Errors: kInvalid, naming the flag.
Result<std::string> ReadCalibration(const std::string& path);

/// The report of a run without an operator. There are no criteria on its command line: it is judged by its invariants,
/// and by whether it was measured. `options.plan.seed` is the one that was used. Pure.
report::Report MakeRunReport(const ChurnOptions& options, const RunEnds& ends, const coordination::RunView& run);

/// Writes report.json, junit.xml and report.html; the folder is there. Nothing of it is left out for its size.
Status WriteRunReport(const std::string& dir, const report::Report& report);

}  // namespace dst_load::workers::churn
