#pragma once

#include <string>

#include "base/error.h"
#include "coordination/run.h"

namespace dst_load::coordination {

/// Bytes of a checkpoint message, for the run's ConfigMap. Empty for a run that has nothing to keep.
std::string EncodeCheckpoint(const Saved& saved);
/// Errors: kInvalid.
Result<Saved> DecodeCheckpoint(const std::string& bytes);

}  // namespace dst_load::coordination
