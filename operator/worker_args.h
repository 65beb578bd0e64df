#pragma once

#include <string>
#include <vector>

#include "operator/load_test.h"

namespace dst_load::op {

/// Where workers find the coordinator's credentials: the per-run Secret is mounted here.
inline constexpr const char* kCoordinatorDir = "/var/run/dst-load";

/// Renders a LoadTest into the flags of dst-load-controller; the first word is the subcommand. The run's id and the
/// Pod's name come through the environment (RUN_ID, POD_NAME).
std::vector<std::string> ChurnArgs(const LoadTest& test, const std::string& coordinator);
std::vector<std::string> ClientArgs(const LoadTest& test, const std::string& coordinator,
                                    const std::string& cluster_domain);

}  // namespace dst_load::op
