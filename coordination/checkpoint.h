#pragma once

#include <string>

#include "base/error.h"
#include "coordination/run.h"

namespace dst_load::coordination {

/// A ConfigMap holds 1 MiB, a third more of it in base64, and more than this.
inline constexpr std::size_t kCheckpointBytes = 512 << 10;

/// Bytes of a checkpoint message, for the run's ConfigMap. Empty for a run that has nothing to keep. When the reports
/// of gone clients would take more than `limit`, those of clients that cannot come back are added up into one, and of
/// the others it is only kept that they were there.
std::string EncodeCheckpoint(const Saved& saved, std::size_t limit = kCheckpointBytes);
/// Errors: kInvalid.
Result<Saved> DecodeCheckpoint(const std::string& bytes);

}  // namespace dst_load::coordination
