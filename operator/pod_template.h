#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace dst_load::op {

/// spec.churn.template or spec.client.template: what a user wants of a worker's Pod. It stays JSON, because nothing
/// here decides by it; the API server judges it when the Pod is made.
struct PodTemplate {
  std::string text;             ///< a JSON object; empty when none is given
  std::string service_account;  ///< serviceAccountName; empty: the operator makes one
};

/// Reads `template` of spec.churn or spec.client. Never fails: what is no object is none.
PodTemplate ParsePodTemplate(const nlohmann::json& section);

/// Adds a template to `pod`, an object with metadata and a spec that has one container. What the worker needs always
/// wins: labels, environment, volumes and mounts of ours stay as they are. `resources` takes the place of ours; the two
/// security contexts are merged by member. Never throws, whatever the template holds.
void AddTemplate(const PodTemplate& given, nlohmann::json& pod);

}  // namespace dst_load::op
