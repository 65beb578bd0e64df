#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace dst_load::workers {

/// A flag and its value: {"--pattern", "oscillate"}.
using FlagValue = std::pair<std::string, std::string>;

/// The flags that a LoadTest manifest stands for, for one subcommand ("churn" or "client"): what the operator would
/// give its workers, but for the coordination. Errors: kInvalid, naming the field.
Result<std::vector<FlagValue>> FlagsOfManifest(const std::string& yaml, const std::string& subcommand);

/// A command line (the program's name first) whose `--config FILE`, `--config=FILE` or `-c FILE` is replaced by the
/// flags that the file stands for. A flag that the command line gives itself wins. Errors: kInvalid, naming the file.
Result<std::vector<std::string>> ReplaceConfig(std::vector<std::string> arguments);

}  // namespace dst_load::workers
