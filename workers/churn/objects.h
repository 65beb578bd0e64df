#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "workers/churn/options.h"

namespace dst_load::workers::churn {

/// Writer of our fields, for server-side apply.
inline constexpr std::string_view kFieldManager = "dst-load-churn";
inline constexpr std::string_view kTestLabel = "dst-load.dev/test";
/// Tells the fake Services and their Deployments from the other children of a LoadTest, which bear its label too.
inline constexpr std::string_view kComponentLabel = "app.kubernetes.io/component";
inline constexpr std::string_view kComponent = "workload";
inline constexpr std::uint16_t kServicePort = 8080;

/// What the objects of a run have in common.
struct ObjectSpec {
  std::string ns;
  std::string test_name;
  std::optional<OwnerReference> owner;
};
ObjectSpec ObjectSpecOf(const ChurnOptions& options);

/// Label selector that finds the run's own objects and nothing else: "dst-load.dev/test=NAME,…".
std::string OwnSelector(std::string_view test_name);
/// Label selector of the EndpointSlices: they inherit their Service's labels.
std::string SliceSelector(std::string_view test_name);

/// A Service on port 8080 that selects the Pods of the Deployment of the same name.
nlohmann::json BuildService(const ObjectSpec& spec, std::string_view name);
/// A Deployment of fake Pods, which only a node of KWOK's takes.
nlohmann::json BuildDeployment(const ObjectSpec& spec, std::string_view name, std::uint32_t replicas);
/// A merge patch that scales a Deployment.
nlohmann::json ScalePatch(std::uint32_t replicas);

/// True when an object is a workload of this test's: adopted, and deleted at the end.
bool IsOurs(const nlohmann::json& object, std::string_view test_name);

/// Errors: kConflict ("NameConflict") naming the first of `existing` that bears one of `names` and is not ours.
Status CheckNames(const std::vector<nlohmann::json>& existing, std::string_view plural,
                  const std::vector<std::string>& names, std::string_view test_name);

}  // namespace dst_load::workers::churn
