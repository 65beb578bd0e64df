#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace dst_load {

/// Expands bash's braces: "a-{1..3}" and "{x,y}-svc", several in one text, as their product, in order; "{03..10}" keeps
/// its zeros. At most `limit` texts. Errors: kInvalid for an unclosed, unopened or
/// nested brace, a descending or overlong range.
Result<std::vector<std::string>> ExpandBraces(std::string_view text, std::size_t limit = 100'000);

}  // namespace dst_load
