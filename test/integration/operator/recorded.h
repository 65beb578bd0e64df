#pragma once

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

namespace dst_load::op::test {

/// Holds an object, as the API server gives it to `see`, against the one of that name in
/// test/integration/gitops/recorded, which GitOps tools are tried on. With DST_LOAD_RECORD in the environment it takes
/// that one's place instead, once two looks in a row saw the same shape.
///
/// What differs from run to run is normalised before: times, uids, run IDs, versions. Compared is the shape: the fields
/// and their types, and the values by which a program judges, such as phases and conditions. Numbers may differ. A
/// status is written step by step, so that it is looked at again until it has that shape.
void CheckRecorded(const std::string& name, const std::function<nlohmann::json()>& see);

}  // namespace dst_load::op::test
