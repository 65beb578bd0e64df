#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "kube/client.h"

namespace dst_load::test_support {

/// The one document of a YAML file, with the types that Kubernetes gives its scalars. Errors: kInvalid.
Result<nlohmann::json> ReadYaml(const std::string& path);

/// Installs crds/loadtest.yaml and waits until the server takes LoadTests. Again is fine.
Status InstallLoadTests(kube::Client& client);
/// The same with crds/loadtestschedule.yaml.
Status InstallSchedules(kube::Client& client);

}  // namespace dst_load::test_support
