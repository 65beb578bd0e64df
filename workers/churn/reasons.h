#pragma once

/// Reasons that the churn worker gives for what it waits for, or gave up for (coordination::ChurnProgress::reason): one
/// CamelCase word each, listed in docs/conditions.md.
namespace dst_load::workers::churn::reason {

// What it waits for
inline constexpr const char* kEndpointsNotReady = "EndpointsNotReady";
inline constexpr const char* kKubernetesBehind = "KubernetesBehind";
inline constexpr const char* kNotConverged = "NotConverged";
inline constexpr const char* kPodsUnschedulable = "PodsUnschedulable";
inline constexpr const char* kReplicaFailure = "ReplicaFailure";
inline constexpr const char* kQuotaExceeded = "QuotaExceeded";
inline constexpr const char* kForbidden = "Forbidden";

// What it gave up for
inline constexpr const char* kNameConflict = "NameConflict";
inline constexpr const char* kNamespaceNotFound = "NamespaceNotFound";
inline constexpr const char* kApiUnavailable = "ApiUnavailable";
inline constexpr const char* kCreateFailed = "CreateFailed";

}  // namespace dst_load::workers::churn::reason
