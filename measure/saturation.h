#pragma once

#include <optional>
#include <string>

#include "measure/snapshot.h"

namespace dst_load::measure {

/// Past these a client's own lateness is no longer small beside what is measured: destinations are judged by hundreds
/// of milliseconds.
struct SaturationBounds {
  Micros queue_max = std::chrono::seconds{2};          ///< the event loop stood still for this long, once
  Micros queue_p99 = std::chrono::milliseconds{200};   ///< or was late like this again and again
  Micros credit_p99 = std::chrono::milliseconds{200};  ///< or took this long for a message
  double cpu_share = 0.95;                             ///< or had no time left over
  std::uint64_t enough = 100;                          ///< samples, before a quantile or a share says anything
};

/// What was too much for a client, in words: "its event loop was 3.1s late, once"; nullopt when it kept up. Pure.
std::optional<std::string> Saturation(const ClientLag& lag, const SaturationBounds& bounds = {});

}  // namespace dst_load::measure
