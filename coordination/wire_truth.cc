#include <arpa/inet.h>

#include <array>

#include <fmt/format.h>

#include "coordination/wire.h"

namespace dst_load::coordination {
namespace {

pb::Endpoint ToWire(const measure::Endpoint& endpoint) {
  pb::Endpoint wire;
  wire.set_ip(ClipText(endpoint.ip, kMaxName));
  wire.set_port(endpoint.port);
  wire.set_pod(ClipText(endpoint.pod, kMaxName));
  return wire;
}

bool IsIp(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

Result<measure::Endpoint> FromWire(const pb::Endpoint& wire) {
  if (!IsIp(wire.ip())) return Fail(Code::kInvalid, "truth: endpoint without an IP address");
  if (wire.port() == 0 || wire.port() > 65535) return Fail(Code::kInvalid, fmt::format("truth: port {}", wire.port()));
  if (wire.pod().size() > kMaxName) return Fail(Code::kInvalid, "truth: overlong pod name");
  return measure::Endpoint{wire.ip(), static_cast<std::uint16_t>(wire.port()), wire.pod()};
}

Result<measure::Change> FromWire(const pb::Change& wire) {
  if (wire.service() >= kMaxServices) return Fail(Code::kInvalid, fmt::format("truth: service {}", wire.service()));
  auto endpoint = FromWire(wire.endpoint());
  if (!endpoint) return Fail(endpoint.error());
  measure::Change change;
  change.seq = wire.seq();
  change.service = wire.service();
  change.endpoint = std::move(*endpoint);
  change.added = wire.added();
  if (wire.has_t0()) change.t0 = TimeFromWire(wire.t0_us());
  change.t1 = TimeFromWire(wire.t1_us());
  return change;
}

Result<measure::TruthState> StateFromWire(const pb::Truth& wire) {
  if (static_cast<std::uint32_t>(wire.services_size()) > kMaxServices)
    return Fail(Code::kInvalid, "truth: too many services");
  measure::TruthState state{wire.state_seq(), {}};
  state.services.reserve(static_cast<std::size_t>(wire.services_size()));
  for (const auto& service : wire.services()) {
    auto& endpoints = state.services.emplace_back();
    for (const auto& each : service.endpoints()) {
      auto endpoint = FromWire(each);
      if (!endpoint) return Fail(endpoint.error());
      endpoints.push_back(std::move(*endpoint));
    }
  }
  return state;
}

}  // namespace

pb::Truth ToWire(const TruthUpdate& update) {
  pb::Truth wire;
  if (update.state) {
    wire.set_snapshot(true);
    wire.set_state_seq(update.state->seq);
    for (const auto& service : update.state->services) {
      auto* out = wire.add_services();
      for (const auto& endpoint : service) *out->add_endpoints() = ToWire(endpoint);
    }
  }
  for (const auto& change : update.changes) {
    auto* out = wire.add_changes();
    out->set_seq(change.seq);
    out->set_service(change.service);
    *out->mutable_endpoint() = ToWire(change.endpoint);
    out->set_added(change.added);
    out->set_has_t0(change.t0.has_value());
    if (change.t0) out->set_t0_us(ToWire(*change.t0));
    out->set_t1_us(ToWire(change.t1));
  }
  return wire;
}

Result<TruthUpdate> FromWire(const pb::Truth& wire) {
  TruthUpdate update;
  if (wire.snapshot()) {
    auto state = StateFromWire(wire);
    if (!state) return Fail(state.error());
    update.state = std::move(*state);
  } else if (wire.services_size() > 0) {
    return Fail(Code::kInvalid, "truth: services without a state");
  }
  update.changes.reserve(static_cast<std::size_t>(wire.changes_size()));
  for (const auto& each : wire.changes()) {
    auto change = FromWire(each);
    if (!change) return Fail(change.error());
    const bool first = update.changes.empty();
    if (first && update.state && change->seq != update.state->seq + 1) {
      return Fail(Code::kInvalid, fmt::format("truth: change {} after state {}", change->seq, update.state->seq));
    }
    if (change->seq == 0 || (!first && change->seq != update.changes.back().seq + 1)) {
      return Fail(Code::kInvalid, fmt::format("truth: change {} is out of order", change->seq));
    }
    update.changes.push_back(std::move(*change));
  }
  return update;
}

}  // namespace dst_load::coordination
