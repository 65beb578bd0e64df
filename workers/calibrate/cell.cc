#include "workers/calibrate/cell.h"

#include <fmt/format.h>

namespace dst_load::workers::calibrate {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;
constexpr std::uint16_t kPort = 8080;
constexpr unsigned kKeeper = 200;  // last byte of its address; the guests have 1 to 10

measure::Endpoint EndpointOf(std::uint32_t service, unsigned number) {
  return {fmt::format("10.{}.{}.{}", service >> 8U, service & 0xFFU, number), kPort,
          fmt::format("calibrate-{}-{}", service + 1, number)};
}

}  // namespace

std::uint64_t Cell::Changes() const {
  return static_cast<std::uint64_t>(duration.count()) * updates_per_second / (UpdatesPerChange() * kSecond);
}

Micros Cell::At(std::uint64_t change) const {
  return Micros{static_cast<std::int64_t>(change * UpdatesPerChange() * kSecond / updates_per_second)};
}

std::string Cell::ServiceName(std::uint32_t service) {
  return fmt::format("calibrate-{}.calibrate.svc.cluster.local:{}", service + 1, kPort);
}

measure::Endpoint Cell::Keeper(std::uint32_t service) { return EndpointOf(service, kKeeper); }

std::vector<measure::Endpoint> Cell::Guests(std::uint32_t service) {
  std::vector<measure::Endpoint> guests;
  for (unsigned i = 1; i <= kEndpointsPerChange; ++i) guests.push_back(EndpointOf(service, i));
  return guests;
}

measure::TruthState Cell::Start() const {
  measure::TruthState state;
  for (std::uint32_t i = 0; i < services; ++i) state.services.push_back({Keeper(i)});
  return state;
}

std::vector<measure::Change> Cell::Truth(std::uint64_t change, WallTime start) const {
  std::vector<measure::Change> truth;
  measure::Seq seq = change * kEndpointsPerChange;
  for (auto& guest : Guests(ServiceOf(change))) {
    truth.push_back({.seq = ++seq,
                     .service = ServiceOf(change),
                     .endpoint = std::move(guest),
                     .added = Adds(change),
                     .t0 = std::nullopt,
                     .t1 = start + At(change)});
  }
  return truth;
}

Status CheckCell(const Cell& cell) {
  if (cell.streams % cell.services != 0) {
    return Fail(Code::kInvalid,
                fmt::format("--streams: {} cannot be dealt out evenly to --services={}", cell.streams, cell.services));
  }
  if (cell.Changes() == 0) {
    return Fail(Code::kInvalid, fmt::format("--duration: too short for one change, which is {} updates at {} a second",
                                            cell.UpdatesPerChange(), cell.updates_per_second));
  }
  return {};
}

}  // namespace dst_load::workers::calibrate
