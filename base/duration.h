#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace dst_load {

/// Reads "250ms", "30s", "5m", "1h", "1h30m", "1.5s", "10us", "0s". A bare "0" is zero.
/// Errors: kInvalid for anything else, a negative one and what exceeds a century included.
Result<Micros> ParseDuration(std::string_view text);

/// The shortest text ParseDuration reads back to the same span: "5m", "1h30m", "1.5s", "250ms", "12us".
std::string FormatDuration(Micros span);

/// For people: three significant digits, "1.23ms", "45.6s", "2m3s".
std::string HumanDuration(Micros span);

}  // namespace dst_load
