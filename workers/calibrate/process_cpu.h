#pragma once

#include "base/time.h"

namespace dst_load::workers::calibrate {

/// Processor time of all threads of this process, since it began.
Micros ProcessCpu();

}  // namespace dst_load::workers::calibrate
