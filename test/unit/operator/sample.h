#pragma once

#include <string>

#include "operator/observed.h"
#include "operator/plan.h"

namespace dst_load::op::sample {

inline constexpr WallTime kStart{std::chrono::seconds{1'800'000'000}};

/// An oscillating test of 2 services, 2 clients, 3 cycles, in phase `phase` since kStart.
LoadTest Test(Phase phase);
/// All of its children exist and are well; the coordinator holds its run in the stage that fits the phase.
Observed Healthy(Phase phase);
/// A run view with everything attached and joined.
coordination::RunView View(coordination::Stage stage);
PodView ChurnPod(const LoadTest& test);
PodView ClientPod(const LoadTest& test, int number);

/// The status that a plan writes; what is held when it writes none.
LoadTestStatus StatusAfter(const Observed& seen, const Plan& plan);
/// "Type=Status/Reason" of one condition; "" when there is none.
std::string ConditionText(const LoadTestStatus& status, std::string_view type);

}  // namespace dst_load::op::sample
