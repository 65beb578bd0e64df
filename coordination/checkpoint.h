#pragma once

#include <string>

#include "base/error.h"
#include "coordination/run.h"

namespace dst_load::coordination {

/// A ConfigMap holds 1 MiB, a third more of it in base64, and more than this.
inline constexpr std::size_t kCheckpointBytes = 512 << 10;

/// Bytes of a checkpoint message, for the run's ConfigMap. Empty for a run that has nothing to keep. What would take
/// more than `limit` is left out step by step, until the rest fits:
/// 1. The truth, if that alone takes half of it. The churn worker tells it again; if that goes as well, the run has a
///    hole in its truth, and shows it.
/// 2. The reports of gone clients that cannot come back are added up into one, and of the others it is only kept that
///    they were there.
/// 3. Why clients that were added up went, and the marks that gone churn workers set for plots, which count as dropped.
/// 4. A smaller truth.
/// Which clients there were and what became of them is always kept: for Run::kMaxInstances of them there is room.
std::string EncodeCheckpoint(const Saved& saved, std::size_t limit = kCheckpointBytes);
/// Errors: kInvalid.
Result<Saved> DecodeCheckpoint(const std::string& bytes);

}  // namespace dst_load::coordination
