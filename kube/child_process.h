#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace dst_load::kube {

/// Runs a program to its end and returns what it wrote to standard output (16 MiB at most). Standard input is
/// /dev/null, standard error is ours. `argv[0]` is looked up in PATH; `env` is added to our environment. A program that
/// runs past `timeout` is killed. Errors: kNotFound when it can't be started, kUnauthorized when it fails, kTimeout.
Result<std::string> RunProgram(const std::vector<std::string>& argv,
                               const std::vector<std::pair<std::string, std::string>>& env, Micros timeout,
                               const Clock& clock);

}  // namespace dst_load::kube
