#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "coordination/progress.h"
#include "coordination/worker_session.h"
#include "measure/snapshot.h"

namespace dst_load::coordination {

/// A client's newest report as the coordinator keeps it: histograms stay in their sparse wire form, for a thousand
/// clients with dense ones would not fit. What the run decides by is unpacked.
struct ClientReport {
  std::string packed;  ///< a valid ClientReport message; empty: none yet
  std::uint64_t streams_target = 0;
  std::uint64_t streams_joined = 0;
  std::uint64_t pending = 0;
  ClientStatus status;
};

struct ChurnReport {
  ChurnProgress progress;
  measure::ChurnSnapshot snapshot;
};

ClientReport PackClient(const measure::ClientSnapshot& snapshot, const ClientStatus& status);
/// What was packed; an empty snapshot for no report.
measure::ClientSnapshot UnpackClient(const ClientReport& report);

}  // namespace dst_load::coordination
