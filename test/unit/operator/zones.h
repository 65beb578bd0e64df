#pragma once

#include <string>

#include "operator/time_zone.h"

namespace dst_load::op::zones {

/// A TZif file of version 2 without transitions, one local time type of this offset (big-endian), and a footer.
inline std::string File(const std::string& footer, const std::string& offset = std::string(4, '\0')) {
  const auto header = [](char types, char letters) {
    std::string bytes = "TZif2" + std::string(15, '\0');
    for (const char count : {'\0', '\0', '\0', '\0', types, letters}) bytes += std::string(3, '\0') + count;
    return bytes;
  };
  const std::string type = offset + std::string(2, '\0');
  const std::string block = type + std::string("UTC\0", 4);
  return header(1, 4) + block + header(1, 4) + block + "\n" + footer + "\n";
}

/// A zone that follows this rule from 1970 on.
inline TimeZone WithRule(const std::string& rule) { return TimeZone::Parse(File(rule)).value(); }
inline TimeZone Berlin() { return WithRule("CET-1CEST,M3.5.0,M10.5.0/3"); }

}  // namespace dst_load::op::zones
