#pragma once

#include <string_view>

/// Reasons of phases, conditions and events: one CamelCase word each, listed in docs/conditions.md. What the workers
/// and the verdict say (measure::Verdict::reason, ChurnProgress::reason) is passed on as it is.
namespace dst_load::op::reason {

// Phases
inline constexpr std::string_view kPending = "Pending";
inline constexpr std::string_view kStarting = "Starting";
inline constexpr std::string_view kRunning = "Running";
inline constexpr std::string_view kDraining = "Draining";
inline constexpr std::string_view kSuspended = "Suspended";
inline constexpr std::string_view kResumed = "Resumed";  // of an event
inline constexpr std::string_view kStopRequested = "StopRequested";
inline constexpr std::string_view kAborted = "Aborted";
inline constexpr std::string_view kStopped = "Stopped";

// Why a test failed apart from its verdict
inline constexpr std::string_view kInvalidSpec = "InvalidSpec";
inline constexpr std::string_view kDeadlineExceeded = "DeadlineExceeded";
inline constexpr std::string_view kStartupDeadlineExceeded = "StartupDeadlineExceeded";
inline constexpr std::string_view kDestinationUnreachable = "DestinationUnreachable";
inline constexpr std::string_view kStreamsNotReady = "StreamsNotReady";
inline constexpr std::string_view kChurnLost = "ChurnLost";
inline constexpr std::string_view kClientsLost = "ClientsLost";
inline constexpr std::string_view kFiguresLost = "FiguresLost";
inline constexpr std::string_view kChurnFailed = "ChurnFailed";

// Workers
inline constexpr std::string_view kReady = "Ready";
inline constexpr std::string_view kNotCreated = "NotCreated";
inline constexpr std::string_view kNotAttached = "NotAttached";
inline constexpr std::string_view kCreating = "Creating";
inline constexpr std::string_view kEndpointsNotReady = "EndpointsNotReady";  // of the churn worker
inline constexpr std::string_view kStreamsOpening = "StreamsOpening";
inline constexpr std::string_view kTestEnded = "TestEnded";

// Pod trouble
inline constexpr std::string_view kUnschedulable = "PodsUnschedulable";
inline constexpr std::string_view kImagePull = "ImagePullFailed";
inline constexpr std::string_view kContainerConfig = "ContainerConfigError";
inline constexpr std::string_view kCrashLoop = "CrashLoopBackOff";
inline constexpr std::string_view kOomKilled = "OOMKilled";
inline constexpr std::string_view kEvicted = "Evicted";
inline constexpr std::string_view kPodFailed = "PodFailed";
inline constexpr std::string_view kPodLost = "PodLost";
inline constexpr std::string_view kQuota = "QuotaExceeded";
inline constexpr std::string_view kPodSecurity = "PodSecurityViolation";
inline constexpr std::string_view kForbidden = "Forbidden";
inline constexpr std::string_view kRerun = "Rerun";
inline constexpr std::string_view kStopIsSet = "StopIsSet";
inline constexpr std::string_view kChildrenDeleted = "ChildrenDeleted";
inline constexpr std::string_view kReportNotWritten = "ReportNotWritten";
inline constexpr std::string_view kApplyFailed = "ApplyFailed";

// Schedules
inline constexpr std::string_view kScheduled = "Scheduled";
inline constexpr std::string_view kPreviousActive = "PreviousActive";
inline constexpr std::string_view kNeverDue = "NeverDue";
inline constexpr std::string_view kInvalidSchedule = "InvalidSchedule";
inline constexpr std::string_view kUnknownTimeZone = "UnknownTimeZone";
inline constexpr std::string_view kTemplateRefused = "TemplateRefused";
inline constexpr std::string_view kCreateFailed = "CreateFailed";
inline constexpr std::string_view kTestCreated = "TestCreated";  // of events, as the next two
inline constexpr std::string_view kTestDeleted = "TestDeleted";
inline constexpr std::string_view kTestNotCreated = "TestNotCreated";

}  // namespace dst_load::op::reason
