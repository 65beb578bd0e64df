#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/log_scope.h"
#include "base/time.h"

namespace dst_load::log {
namespace {

spdlog::level::level_enum Of(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view Name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "info";
}

spdlog::logger& Logger() {
  static spdlog::logger logger = [] {
    spdlog::logger made("dst-load", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made.set_pattern("%v");
    made.set_level(spdlog::level::info);
    made.flush_on(spdlog::level::debug);
    return made;
  }();
  return logger;
}

/// Length of the UTF-8 sequence at text[i], or 0 where there is none.
std::size_t SequenceLength(std::string_view text, std::size_t i) {
  const auto byte = static_cast<unsigned char>(text[i]);
  const std::size_t length = byte < 0x80                   ? 1
                             : byte >= 0xc2 && byte < 0xe0 ? 2
                             : byte >= 0xe0 && byte < 0xf0 ? 3
                             : byte >= 0xf0 && byte < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || i + length > text.size()) return 0;
  // Not the shortest form, a surrogate, or past U+10FFFF.
  const auto second = static_cast<unsigned char>(length > 1 ? text[i + 1] : 0);
  if ((byte == 0xe0 && second < 0xa0) || (byte == 0xed && second > 0x9f)) return 0;
  if ((byte == 0xf0 && second < 0x90) || (byte == 0xf4 && second > 0x8f)) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80U) return 0;
  }
  return length;
}

}  // namespace

std::string EscapeJson(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = SequenceLength(text, i);
    const char c = text[i];
    if (length == 0) {
      out += "\xef\xbf\xbd";
      ++i;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
      ++i;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
      ++i;
    } else {
      out += text.substr(i, length);
      i += length;
    }
  }
  return out;
}

Status SetLevel(std::string_view level) {
  for (const Level candidate : {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError}) {
    if (Name(candidate) == level) {
      Logger().set_level(Of(candidate));
      return {};
    }
  }
  return Fail(Code::kInvalid, fmt::format("log level \"{}\" is none of debug, info, warn, error", level));
}

bool Enabled(Level level) { return Logger().should_log(Of(level)); }

void Write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!Enabled(level)) return;
  std::string line = fmt::format(R"({{"ts":"{}","level":"{}","msg":"{}")", FormatTime(SystemClock().Wall()),
                                 Name(level), EscapeJson(message));
  line += ScopeText(fields);
  for (const auto& [key, value] : fields) line += fmt::format(R"(,"{}":"{}")", EscapeJson(key), EscapeJson(value));
  line += '}';
  Logger().log(Of(level), line);
}

}  // namespace dst_load::log
