#pragma once

#include <string>
#include <vector>

#include "loopback_run.h"
#include "measure/isolation.h"

namespace dst_load::workers::test {

/// What slow readers did to the streams beside them, at a destination with these faults. By the test's own clock, which
/// stands still until whoever is not held up has read; so it does not depend on the machine.
measure::Isolation IsolationUnder(const std::vector<std::string>& faults);

}  // namespace dst_load::workers::test
