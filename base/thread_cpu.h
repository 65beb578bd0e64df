#pragma once

#include "base/time.h"

namespace dst_load {

/// Processor time that the calling thread has used since it began. Thread-safe.
Micros ThreadCpuTime();

}  // namespace dst_load
