#include "coordination/checkpoint.h"

#include "coordination/wire.h"
#include "measure/other_services.h"

namespace dst_load::coordination {

namespace {

constexpr const char* kSum = "folded";

void AddPresent(const std::string& instance, const Worker& worker, pb::Checkpoint& wire) {
  auto* out = wire.add_present();
  out->set_instance(instance);
  out->set_pod(worker.pod);
  out->set_ended(worker.ended);
  out->set_why(worker.why);
}

/// Adds up all clients that cannot come back into one. Of those that can, only that they were there is kept: they bring
/// their figures, or never.
void Fold(const Saved& saved, pb::Checkpoint& wire) {
  measure::ClientSnapshot sum;
  ClientStatus status;
  wire.clear_clients();
  for (const auto& [instance, worker] : saved.workers) {
    if (!worker.client) continue;
    if (FateOf(worker) == Fate::kAway) {
      if (worker.took_part) AddPresent(instance, worker, wire);
      continue;
    }
    sum.Merge(UnpackClient(*worker.client));
    const auto& offences = worker.client->status.offences;
    status.offences.insert(status.offences.end(), offences.begin(), offences.end());
    if (worker.fold != Worker::Fold::kNo) continue;
    auto* folded = wire.add_folded();
    folded->set_instance(instance);
    folded->set_concluded(HasConcluded(worker));
    folded->set_retired(HasRetired(worker));
    folded->set_took_part(worker.took_part);
    folded->set_pod(worker.pod);
    folded->set_why(worker.why);
    folded->set_streams_joined(StreamsJoined(worker));
  }
  auto* out = wire.add_clients();
  out->set_instance(kSum);
  *out->mutable_report() = ToWire(sum, status);
}

/// What is for people to read. `wire` is folded.
void LeaveOutDetails(pb::Checkpoint& wire) {
  for (auto& folded : *wire.mutable_folded()) folded.clear_why();
  for (auto& present : *wire.mutable_present()) present.clear_why();
  for (auto& sum : *wire.mutable_clients()) {
    auto& report = *sum.mutable_report();
    report.clear_timeline();
    report.set_convergence_dropped(report.convergence_dropped() +
                                   static_cast<std::uint64_t>(report.convergence_size()));
    report.clear_convergence();
  }
  for (auto& churn : *wire.mutable_churns()) {
    auto& report = *churn.mutable_report();
    report.mutable_progress()->clear_scheduled_us();  // the run's own are in last_progress
    report.set_marks_dropped(report.marks_dropped() + static_cast<std::uint64_t>(report.marks_size()));
    report.clear_marks();
  }
}

/// Adds up the sum's services into one without slow readers and one with. `wire` is folded.
void AddUpServices(pb::Checkpoint& wire) {
  for (auto& sum : *wire.mutable_clients()) {
    auto snapshot = SnapshotFromWire(sum.report());
    if (!snapshot || snapshot->services.size() <= 2) continue;
    std::map<std::uint32_t, measure::ServiceCounts> others;
    for (const auto& [index, counts] : snapshot->services) {
      others[counts.slow_readers > 0 ? measure::kOtherServicesWithSlowReaders : measure::kOtherServices].Merge(counts);
    }
    snapshot->services = std::move(others);
    *sum.mutable_report() = ToWire(*snapshot, StatusFromWire(sum.report()));
  }
}

}  // namespace

std::string EncodeCheckpoint(const Saved& saved, std::size_t limit) {
  pb::Checkpoint wire;
  wire.set_started(saved.started);
  wire.set_streams_peak(saved.streams_peak);
  wire.set_clients_most(saved.clients_most);
  if (saved.progress) *wire.mutable_last_progress() = ToWire(*saved.progress);
  if (saved.truth) *wire.mutable_truth() = ToWire(TruthUpdate{saved.truth, {}});
  for (const auto& [instance, worker] : saved.workers) {
    if (worker.fold == Worker::Fold::kMember) {
      auto* out = wire.add_folded();
      out->set_instance(instance);
      out->set_concluded(worker.folded_concluded);
      out->set_retired(worker.folded_retired);
      out->set_streams_joined(worker.folded_joined);
      out->set_took_part(worker.took_part);
      out->set_pod(worker.pod);
      out->set_why(worker.why);
    } else if (worker.churn_report) {
      auto* out = wire.add_churns();
      out->set_instance(instance);
      *out->mutable_report() = ToWire(*worker.churn_report);
    } else if (worker.client) {
      auto* out = wire.add_clients();
      out->set_instance(instance);
      out->set_pod(worker.pod);
      out->set_took_part(worker.took_part);
      out->set_ended(worker.ended);
      out->set_why(worker.why);
      // Packed by us: it parses.
      out->mutable_report()->ParseFromString(worker.client->packed);
    } else {
      AddPresent(instance, worker, wire);
    }
  }
  // Before any client's figures.
  if (wire.ByteSizeLong() > limit && wire.truth().ByteSizeLong() > limit / 2) wire.clear_truth();
  if (wire.ByteSizeLong() > limit) Fold(saved, wire);
  if (wire.ByteSizeLong() > limit) LeaveOutDetails(wire);
  if (wire.ByteSizeLong() > limit) AddUpServices(wire);
  if (wire.ByteSizeLong() > limit) wire.clear_truth();
  return wire.SerializeAsString();
}

Result<Saved> DecodeCheckpoint(const std::string& bytes) {
  pb::Checkpoint wire;
  if (!wire.ParseFromString(bytes)) return Fail(Code::kInvalid, "read checkpoint: not a checkpoint");
  Saved saved;
  saved.started = wire.started();
  saved.streams_peak = wire.streams_peak();
  saved.clients_most = wire.clients_most();
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
    Worker& worker = saved.workers[client.instance()];
    worker.pod = client.pod();
    worker.took_part = client.took_part();
    worker.ended = client.ended();
    worker.why = client.why();
    worker.client = std::make_shared<const ClientReport>(std::move(*report));
    if (client.instance() == kSum) worker.fold = Worker::Fold::kSum;
  }
  for (const auto& folded : wire.folded()) {
    Worker& worker = saved.workers[folded.instance()];
    worker.fold = Worker::Fold::kMember;
    worker.folded_concluded = folded.concluded();
    worker.folded_retired = folded.retired();
    worker.folded_joined = folded.streams_joined();
    worker.took_part = folded.took_part();
    worker.pod = folded.pod();
    worker.why = folded.why();
    worker.superseded = true;
  }
  for (const auto& churn : wire.churns()) {
    auto report = FromWire(churn.report());
    if (!report) return Fail(Code::kInvalid, "read checkpoint: " + report.error().message);
    Worker& worker = saved.workers[churn.instance()];
    worker.churn = true;
    worker.churn_report = std::move(*report);
  }
  for (const auto& present : wire.present()) {
    Worker& worker = saved.workers[present.instance()];
    worker.pod = present.pod();
    worker.took_part = true;
    worker.ended = present.ended();
    worker.why = present.why();
  }
  return saved;
}

}  // namespace dst_load::coordination
