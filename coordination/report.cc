#include "coordination/report.h"

#include "coordination/wire.h"

namespace dst_load::coordination {

namespace {

/// All but the packed bytes.
ClientReport Summary(const measure::ClientSnapshot& snapshot, const ClientStatus& status) {
  ClientReport report;
  report.streams_target = snapshot.streams_target;
  report.streams_joined = snapshot.streams_joined;
  for (const auto& [service, counts] : snapshot.services) report.pending += counts.pending;
  report.status = status;
  return report;
}

}  // namespace

ClientReport PackClient(const measure::ClientSnapshot& snapshot, const ClientStatus& status) {
  ClientReport report = Summary(snapshot, status);
  report.packed = ToWire(snapshot, status).SerializeAsString();
  return report;
}

Result<ClientReport> PackFromWire(const pb::ClientReport& wire) {
  auto snapshot = SnapshotFromWire(wire);
  if (!snapshot) return Fail(snapshot.error());
  ClientReport report = Summary(*snapshot, StatusFromWire(wire));
  // Kept as it came but for what is not believed: encoding histograms anew costs more than all the rest.
  pb::ClientReport kept = wire;
  kept.DiscardUnknownFields();
  kept.set_trouble(report.status.trouble);
  kept.clear_offences();
  for (const auto& offence : report.status.offences) kept.add_offences(offence);
  report.packed = kept.SerializeAsString();
  return report;
}

measure::ClientSnapshot UnpackClient(const ClientReport& report) {
  pb::ClientReport wire;
  if (!wire.ParseFromString(report.packed)) return {};
  return SnapshotFromWire(wire).value_or(measure::ClientSnapshot{});
}

}  // namespace dst_load::coordination
