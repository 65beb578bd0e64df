#pragma once

#include <string>
#include <string_view>

namespace dst_load::report {

/// `text` for an element or an attribute of HTML or XML 1.0: markup is escaped, control characters that XML forbids
/// and bytes that are not UTF-8 become U+FFFD.
std::string EscapeMarkup(std::string_view text);

}  // namespace dst_load::report
