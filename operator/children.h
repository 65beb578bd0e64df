#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "kube/resource.h"
#include "operator/load_test.h"

namespace dst_load::op {

/// What the children of every LoadTest have in common.
struct ChildOptions {
  std::string worker_image;
  std::string pull_policy = "IfNotPresent";
  std::string coordinator_address;  ///< HOST:PORT as workers dial it
  std::string cluster_domain = "cluster.local";
};

inline constexpr std::string_view kTestLabel = "dst-load.dev/test";
inline constexpr std::string_view kRunLabel = "dst-load.dev/run";
inline constexpr std::string_view kComponentLabel = "app.kubernetes.io/component";
inline constexpr std::string_view kChurn = "churn";
inline constexpr std::string_view kClient = "client";
/// Selects the operator's children, and not the workload's many Pods.
inline constexpr std::string_view kChildSelector = "app.kubernetes.io/managed-by=dst-load-operator,dst-load.dev/test";

/// Name of a child: "NAME-churn", "NAME-client", "NAME-run", "NAME-checkpoint".
std::string ChildName(const LoadTest& test, std::string_view suffix);

/// What the user wants of this worker's Pods.
const PodTemplate& TemplateOf(const LoadTest& test, std::string_view component);

/// A child as the API server names it.
struct ChildRef {
  const kube::Resource& kind;
  std::string name;
};
/// All that a run has, but its report and the workload.
std::vector<ChildRef> ChildrenOf(const LoadTest& test);

/// Builders of the children. Pure; every child carries the LoadTest as its owner and the run's id as a label.
nlohmann::json BuildServiceAccount(const LoadTest& test, std::string_view component);
nlohmann::json BuildChurnRole(const LoadTest& test);
nlohmann::json BuildChurnRoleBinding(const LoadTest& test);
nlohmann::json BuildRunSecret(const LoadTest& test, std::string_view ca_pem, std::string_view token);
nlohmann::json BuildCheckpoint(const LoadTest& test, std::string_view bytes);
/// Of a run, this one where none is given: "NAME-RUNID-report".
std::string ReportName(const LoadTest& test, std::string_view run_id);
std::string ReportName(const LoadTest& test);
nlohmann::json BuildReport(const LoadTest& test, std::string report, std::string junit);
nlohmann::json BuildChurnPod(const LoadTest& test, const ChildOptions& options);
nlohmann::json BuildClients(const LoadTest& test, const ChildOptions& options);

}  // namespace dst_load::op
