#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "operator/observed.h"

namespace dst_load::op {

/// Reads what the decision needs of our children. What is absent is empty.
Result<PodView> ParsePod(const nlohmann::json& object);
Result<DeploymentView> ParseDeployment(const nlohmann::json& object);
SecretView ParseSecret(const nlohmann::json& object);
/// The run's token out of its Secret; empty when it holds none.
std::string TokenOf(const nlohmann::json& secret);

/// True of an object that was made for this LoadTest: neither somebody else's of the same name, nor one of a run that
/// this view of the test does not know yet.
bool IsChildOf(const nlohmann::json& object, const LoadTest& test);

}  // namespace dst_load::op
