#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace dst_load::log {

enum class Level { kDebug, kInfo, kWarn, kError };

/// One field of a log line. Never a secret.
using Field = std::pair<std::string_view, std::string>;

/// Sets the process's level from "debug", "info", "warn" or "error". Errors: kInvalid.
Status SetLevel(std::string_view level);
bool Enabled(Level level);

/// Writes one JSON line to stderr: {"ts":…,"level":…,"msg":…, fields…}, those of log::Scope first. Thread-safe.
void Write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

inline void Debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  Write(Level::kDebug, message, fields);
}
inline void Info(std::string_view message, std::initializer_list<Field> fields = {}) {
  Write(Level::kInfo, message, fields);
}
inline void Warn(std::string_view message, std::initializer_list<Field> fields = {}) {
  Write(Level::kWarn, message, fields);
}
inline void Err(std::string_view message, std::initializer_list<Field> fields = {}) {
  Write(Level::kError, message, fields);
}

/// `text` as the inside of a JSON string; what is not UTF-8 becomes U+FFFD.
std::string EscapeJson(std::string_view text);

}  // namespace dst_load::log
