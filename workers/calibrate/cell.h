#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "measure/truth.h"

namespace dst_load::workers::calibrate {

/// One cell of the table: so many streams, told of changes at such a rate.
///
/// A change adds or removes ten endpoints of one service, and is told to all of that service's streams at its scheduled
/// instant; services take turns. An update is one endpoint change on one stream, so a change makes ten updates a
/// stream. Server and client compute the same schedule from the same cell, and never speak about it. Pure.
struct Cell {
  std::uint32_t streams = 0;
  std::uint32_t services = 0;  ///< divides streams
  std::uint32_t updates_per_second = 0;
  Micros duration{0};

  static constexpr std::uint32_t kEndpointsPerChange = 10;

  std::uint32_t StreamsPerService() const { return streams / services; }
  std::uint64_t UpdatesPerChange() const { return std::uint64_t{StreamsPerService()} * kEndpointsPerChange; }
  /// Changes within the duration.
  std::uint64_t Changes() const;
  /// Updates of all changes.
  std::uint64_t Updates() const { return Changes() * UpdatesPerChange(); }
  /// When a change is due, from the start on; change 0 at once.
  Micros At(std::uint64_t change) const;
  std::uint32_t ServiceOf(std::uint64_t change) const { return static_cast<std::uint32_t>(change % services); }
  /// The first change of a service adds, the next one removes, and so on.
  bool Adds(std::uint64_t change) const { return change / services % 2 == 0; }

  /// "calibrate-1.calibrate.svc.cluster.local:8080" for service 0.
  static std::string ServiceName(std::uint32_t service);
  /// The endpoint that a service has all the time.
  static measure::Endpoint Keeper(std::uint32_t service);
  /// The ten that come and go.
  static std::vector<measure::Endpoint> Guests(std::uint32_t service);

  /// What is true before the first change.
  measure::TruthState Start() const;
  /// What a change tells, when the schedule began at `start`. Its scheduled instant is T1, and there is no T0.
  std::vector<measure::Change> Truth(std::uint64_t change, WallTime start) const;

  bool operator==(const Cell&) const = default;
};

/// Errors: kInvalid, naming the flag: streams that cannot be dealt out evenly, a duration without a single change.
Status CheckCell(const Cell& cell);

}  // namespace dst_load::workers::calibrate
