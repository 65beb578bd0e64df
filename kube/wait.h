#pragma once

#include <stop_token>

#include "base/time.h"

namespace dst_load::kube {

/// Sleeps for `span` of real time, or until `stop` is asked. False when it was.
bool WaitFor(std::stop_token stop, Micros span);

}  // namespace dst_load::kube
