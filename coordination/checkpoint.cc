#include "coordination/checkpoint.h"

#include "coordination/wire.h"

namespace dst_load::coordination {

std::string EncodeCheckpoint(const Saved& saved) {
  pb::Checkpoint wire;
  wire.set_started(saved.started);
  wire.set_streams_peak(saved.streams_peak);
  if (saved.progress) *wire.mutable_last_progress() = ToWire(*saved.progress);
  if (saved.truth) *wire.mutable_truth() = ToWire(TruthUpdate{saved.truth, {}});
  for (const auto& [instance, worker] : saved.gone) {
    if (worker.churn_report) {
      auto* out = wire.add_churns();
      out->set_instance(instance);
      *out->mutable_report() = ToWire(*worker.churn_report);
    } else if (worker.client) {
      auto* out = wire.add_clients();
      out->set_instance(instance);
      out->set_pod(worker.pod);
      // Packed by us: it parses.
      out->mutable_report()->ParseFromString(worker.client->packed);
    }
  }
  return wire.SerializeAsString();
}

Result<Saved> DecodeCheckpoint(const std::string& bytes) {
  pb::Checkpoint wire;
  if (!wire.ParseFromString(bytes)) return Fail(Code::kInvalid, "read checkpoint: not a checkpoint");
  Saved saved;
  saved.started = wire.started();
  saved.streams_peak = wire.streams_peak();
  if (wire.has_last_progress()) {
    auto progress = FromWire(wire.last_progress());
    if (!progress) return Fail(Code::kInvalid, "read checkpoint: " + progress.error().message);
    saved.progress = std::move(*progress);
  }
  if (wire.has_truth()) {
    auto truth = FromWire(wire.truth());
    if (!truth) return Fail(Code::kInvalid, "read checkpoint: " + truth.error().message);
    saved.truth = std::move(truth->state);
  }
  for (const auto& client : wire.clients()) {
    auto report = PackFromWire(client.report());
    if (!report) return Fail(Code::kInvalid, "read checkpoint: " + report.error().message);
    Worker& worker = saved.gone[client.instance()];
    worker.pod = client.pod();
    worker.client = std::make_shared<const ClientReport>(std::move(*report));
  }
  for (const auto& churn : wire.churns()) {
    auto report = FromWire(churn.report());
    if (!report) return Fail(Code::kInvalid, "read checkpoint: " + report.error().message);
    Worker& worker = saved.gone[churn.instance()];
    worker.churn = true;
    worker.churn_report = std::move(*report);
  }
  return saved;
}

}  // namespace dst_load::coordination
