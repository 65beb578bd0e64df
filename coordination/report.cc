#include "coordination/report.h"

#include "coordination/wire.h"

namespace dst_load::coordination {

ClientReport PackClient(const measure::ClientSnapshot& snapshot, const ClientStatus& status) {
  ClientReport report;
  report.packed = ToWire(snapshot, status).SerializeAsString();
  report.streams_target = snapshot.streams_target;
  report.streams_joined = snapshot.streams_joined;
  for (const auto& [service, counts] : snapshot.services) report.pending += counts.pending;
  report.status = status;
  return report;
}

Result<ClientReport> PackFromWire(const pb::ClientReport& wire) {
  auto snapshot = SnapshotFromWire(wire);
  if (!snapshot) return Fail(snapshot.error());
  return PackClient(*snapshot, StatusFromWire(wire));
}

measure::ClientSnapshot UnpackClient(const ClientReport& report) {
  pb::ClientReport wire;
  if (!wire.ParseFromString(report.packed)) return {};
  return SnapshotFromWire(wire).value_or(measure::ClientSnapshot{});
}

}  // namespace dst_load::coordination
