#pragma once

#include <string>

#include "operator/observed.h"
#include "operator/pod_trouble.h"

namespace dst_load::op {

/// Why the churn worker is not ready; nullopt when it is.
std::optional<Trouble> ChurnTrouble(const Observed& seen);
/// Why not all clients are ready; nullopt when they are.
std::optional<Trouble> ClientsTrouble(const Observed& seen);
/// True for what does not pass by waiting a little: worth an event.
bool IsSerious(const Trouble& trouble);

/// While starting: the most telling thing that is missing, as reason (of a startup deadline that passed) and sentence.
Trouble WhatIsMissing(const Observed& seen);

/// What goes on, in a sentence: "cycle 2 of 3, HoldMax".
std::string RunningText(const Observed& seen);
std::string DrainingText(const Observed& seen);

}  // namespace dst_load::op
