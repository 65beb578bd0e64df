#pragma once

#include <cstdint>
#include <string>

#include "measure/verdict.h"

namespace dst_load::measure {

/// True when more of a run's clients were lost than `percent` of the most that it had. At the limit is not over it.
bool TooManyLost(double percent, const RunFacts& facts);

/// The same of the clients whose final figures are not there at the end, whatever became of them.
bool TooFewConcluded(double percent, const RunFacts& facts);

/// Streams that must have held the truth at the end: those expected of as many clients as delivered their figures. How
/// many clients may be missing is another question.
std::uint64_t StreamsDueAtEnd(const RunFacts& facts);

/// "2 of 10 clients were lost (x-client-1: OOMKilled; x-client-2)"; names the first few.
std::string LossesText(const RunFacts& facts);

/// What a run did without: the lost, and the updates that nobody will learn any more. Empty when it did without
/// nothing.
std::string GivenUpText(const RunFacts& facts);

}  // namespace dst_load::measure
