#pragma once

#include <cstdint>

#include "operator/load_test.h"

namespace dst_load::op {

/// Clients that the run is to have. A run that drains gets no more: they would find nothing to measure.
std::int64_t ClientsWanted(const LoadTest& test);

/// The streams of all of these.
std::int64_t StreamsWanted(const LoadTest& test);

}  // namespace dst_load::op
