#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace dst_load::workers {

/// What the process says to its parent.
enum ExitCode : int {
  kExitDone = 0,
  kExitFailed = 1,
  kExitUsage = 2,
  kExitBreached = 3,
};

/// Flags whose values are durations ("250ms", "5m"); what cannot be read is refused with the flag's name.
CLI::Option* AddDuration(CLI::App& app, const std::string& flag, Micros& value, const std::string& help);
CLI::Option* AddDuration(CLI::App& app, const std::string& flag, std::optional<Micros>& value, const std::string& help);

/// How a worker finds its coordinator. All empty: it works alone.
struct CoordinationFlags {
  std::string address;  ///< "host:port"
  std::string dir;      ///< holds ca.crt and token
  std::string run_id;
  std::string pod;  ///< $POD_NAME
};
void AddCoordinationFlags(CLI::App& app, CoordinationFlags& flags);
/// Errors: kInvalid when one is given without the others.
Status CheckCoordinationFlags(const CoordinationFlags& flags);

/// Splits lists at commas that stand outside braces and expands the braces: {"a-{1..2},b"} -> a-1, a-2, b.
/// Errors: kInvalid, naming `flag`.
Result<std::vector<std::string>> ExpandList(const std::string& flag, const std::vector<std::string>& values);

/// Errors: kInvalid, naming `flag`, unless `value` is "host:port" with a port of 1 to 65535 and a host, the latter
/// possibly empty when `any_host`.
Status CheckHostPort(const std::string& flag, const std::string& value, bool any_host = false);

/// Prints a usage error on stderr, as main does, and returns kExitUsage.
int UsageError(const Error& error);

}  // namespace dst_load::workers
