#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "operator/controller.h"

namespace dst_load::op {

/// The command line of dst-load-operator.
struct OperatorOptions {
  ControllerOptions controller;
  std::string kubeconfig;
  std::string context;
  std::string log_level = "info";
  std::string identity;  ///< this process in the lease: the Pod's name, or host and a random word
  std::uint16_t metrics_port = 8443;
  std::uint16_t probe_port = 8081;
  bool leader_elect = false;
};

/// What a command line asks for: to run, or to end at once with an exit status (help, version, bad usage; told
/// already).
struct ParsedCommand {
  OperatorOptions options;
  bool run = true;
  int exit_status = 0;
};

/// Reads flags and their environment. Bad usage is told on stderr, naming the flag, and ends with status 2.
ParsedCommand ParseCommandLine(int argc, const char* const* argv);

}  // namespace dst_load::op
