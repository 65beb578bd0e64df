#pragma once

#include <string>

#include "base/error.h"
#include "coordination/run.h"

namespace dst_load::coordination {

/// A ConfigMap holds 1 MiB; the bytes are sent in base64, which is a third more. Well below it, whichever is counted.
inline constexpr std::size_t kCheckpointBytes = 512 << 10;

/// Bytes of a checkpoint message, for the run's ConfigMap. Empty for a run that has nothing to keep. What would take
/// more than `limit` is left out step by step, until the rest fits:
/// 1. The truth, if that alone takes half of it. The churn worker tells it again; if that goes as well, the run has a
///    hole in its truth, and shows it.
/// 2. The reports of gone clients that cannot come back are added up into one, and of the others it is only kept that
///    they were there.
/// 3. What is for people to read: why clients went, the sum's series over time and scale events, and the marks that
///    gone churn workers set for plots. Events and marks count as dropped.
/// 4. The sum's services are added up into at most two: measure/other_services.h. What all services have together stays
///    exact.
/// 5. A smaller truth.
/// Which clients there were and what became of them is always kept: for Run::kMaxInstances of them there is room. So
/// are the sum's histograms, bounded by their buckets, and the figures of every gone churn worker, one by one: a run
/// whose churn worker is replaced without end does grow.
std::string EncodeCheckpoint(const Saved& saved, std::size_t limit = kCheckpointBytes);
/// Errors: kInvalid.
Result<Saved> DecodeCheckpoint(const std::string& bytes);

}  // namespace dst_load::coordination
